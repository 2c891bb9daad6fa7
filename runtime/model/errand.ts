/** One administrative request to a model server, such as the loading of an adapter. */
import type { Errand } from "./adapters/adapter-server.ts";
import { addressAtRoot } from "./address.ts";
import type { KeepAliveFetch } from "./http.ts";
import { codeOfStatus, ModelError } from "./model-error.ts";
import type { ErrorPlace } from "./openai-errors.ts";
import { parseRetryAfter } from "./retry.ts";

const headersOf = ({ apiKey }: ErrorPlace, { body }: Errand): Record<string, string> => ({
  ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
  ...(body === undefined || body instanceof Uint8Array ? {} : { "content-type": "application/json" }),
});

const bodyOf = ({ body }: Errand): string | Uint8Array<ArrayBuffer> | undefined =>
  body instanceof Uint8Array ? new Uint8Array(body) : body && JSON.stringify(body);

const causeOf = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return (error instanceof Error && error.message) || (typeof code === "string" ? code : String(error));
};

/** Resolves with the text of the answer. @throws ModelError */
export const runErrand = async (
  errand: Errand,
  place: ErrorPlace,
  fetch: KeepAliveFetch,
): Promise<string> => {
  const { endpoint, model, timeoutSeconds } = place;
  const withoutKey = (text: string) => (place.apiKey ? text.replaceAll(place.apiKey, "[key]") : text);
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  const body = bodyOf(errand);
  const init = { method: errand.method ?? "POST", headers: headersOf(place, errand), signal };
  try {
    const response = await fetch(
      addressAtRoot(endpoint, errand.path),
      body === undefined ? init : { ...init, body },
    );
    const text = await response.text();
    if (response.ok) return text;
    const { status } = response;
    const problem = `HTTP ${status} ${withoutKey(text).slice(0, 500)}`.trimEnd();
    const retryAfterSeconds = parseRetryAfter(response.headers.get("retry-after"));
    throw new ModelError(codeOfStatus(status), { endpoint, model, problem, status, retryAfterSeconds });
  } catch (error) {
    if (error instanceof ModelError) throw error;
    if (signal.aborted)
      throw new ModelError("model.timeout", {
        endpoint,
        model,
        problem: `no answer within ${timeoutSeconds} s`,
      });
    const problem = `no connection: ${withoutKey(causeOf(error))}`;
    throw new ModelError("model.unreachable", { endpoint, model, problem });
  }
};
