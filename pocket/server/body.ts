/** Reads and checks request bodies: size, media type, JSON, schema. A failure is a 400 (413 for the size). */
import type { Context, MiddlewareHandler } from "hono";
import type { z } from "zod";
import { clientGone, RequestError } from "./errors.ts";

/** Rejects bodies over `maximum` bytes, by their declared length or by counting the received bytes. */
export const limitBody =
  (maximum: number): MiddlewareHandler =>
  async (context, next) => {
    const declared = Number(context.req.header("content-length") ?? 0);
    if (declared > maximum) throw payloadTooLarge(maximum);
    if (context.req.header("transfer-encoding") !== undefined) {
      context.req.raw = await readWithin(context.req.raw, maximum);
    }
    await next();
  };

const readWithin = async (request: Request, maximum: number): Promise<Request> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > maximum) throw payloadTooLarge(maximum);
    chunks.push(chunk);
  }
  const { url, method, headers, signal } = request;
  return new Request(url, { method, headers, signal, body: Buffer.concat(chunks) });
};

const payloadTooLarge = (maximum: number): RequestError =>
  new RequestError(413, "payload_too_large", `The body is over ${maximum} bytes`, null, { fix: "send less" });

/** Also blocks web pages of other sites, which cannot send this media type without the server's consent. */
const requireJson = (context: Context): void => {
  const type = context.req.header("content-type") ?? "";
  if (type.toLowerCase().startsWith("application/json")) return;
  throw new RequestError(400, "invalid_content_type", `The media type is '${type}'`, null, {
    fix: "send JSON with the header 'Content-Type: application/json'",
  });
};

const readJson = async (context: Context): Promise<unknown> => {
  requireJson(context);
  const text = await readText(context);
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RequestError(400, "invalid_json", `The body is not valid JSON: ${reason}`);
  }
};

const readText = async (context: Context): Promise<string> => {
  try {
    return await context.req.text();
  } catch (error) {
    throw context.req.raw.signal.aborted ? clientGone() : error;
  }
};

/** `["messages", 0, "content"]` → `messages[0].content`. */
const fieldPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");

const malformed = (issue: z.core.$ZodIssue | undefined): RequestError => {
  if (issue?.code === "unrecognized_keys") {
    const path = fieldPath([...issue.path, issue.keys[0] ?? ""]);
    return new RequestError(400, "unknown_parameter", `Unknown parameter: '${path}'.`, path);
  }
  const path = fieldPath(issue?.path ?? []);
  const code = issue?.code === "invalid_type" ? "invalid_type" : "invalid_value";
  const field = path === "" ? "The body" : `'${path}'`;
  return new RequestError(
    400,
    code,
    `${field}: ${issue?.message ?? "is malformed"}.`,
    path === "" ? null : path,
  );
};

export const readBody = async <Body>(context: Context, schema: z.ZodType<Body>): Promise<Body> => {
  const result = schema.safeParse(await readJson(context));
  if (result.success) return result.data;
  throw malformed(result.error.issues[0]);
};
