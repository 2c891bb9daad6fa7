/**
 * POST /api/acts: what an operator does to the run, as JSON. The page and the command line send the same.
 *
 * 1. Only a JSON body counts: a form of another site cannot send one, and access.ts refuses the scripts of other sites.
 * 2. A run that this process does not play cannot be changed: a replay says so.
 */
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ActError, type ActErrorCode, type Acts, readAct } from "../../runtime/acts.ts";
import { Refusal, type RefusalCode } from "./refusal.ts";

/** [bytes] */
const maximumBody = 32 * 1024;

const codes: Readonly<Record<ActErrorCode, RefusalCode>> = {
  AGORA_ACT_OVER: "AGORA_PAGE_OVER",
  AGORA_ACT_STATE: "AGORA_PAGE_STATE",
  AGORA_ACT_VALUE: "AGORA_PAGE_VALUE",
};

const isJson = ({ req }: Context): boolean =>
  (req.header("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() === "application/json";

const bodyOf = async ({ req }: Context): Promise<unknown> => {
  try {
    return await req.json();
  } catch (cause) {
    throw new Refusal("AGORA_PAGE_VALUE", "the body is not JSON", { fix: "send one JSON object", cause });
  }
};

const requireActs = (acts: Acts | undefined, run: string): Acts => {
  if (acts !== undefined) return acts;
  throw new Refusal("AGORA_PAGE_REPLAY", "this page shows a replay, which cannot be changed", {
    fix: `continue the run with agora resume ${run}, and use the page of that`,
  });
};

export const actRoutes = (app: Hono, acts: Acts | undefined, run: string): void => {
  const tooLarge = () => {
    throw new Refusal("AGORA_PAGE_SIZE", `the body has more than ${maximumBody} bytes`);
  };
  app.post("/api/acts", bodyLimit({ maxSize: maximumBody, onError: tooLarge }), async (context) => {
    if (!isJson(context)) {
      throw new Refusal("AGORA_PAGE_TYPE", "the body has another content type", {
        expected: "Content-Type: application/json",
      });
    }
    const able = requireActs(acts, run);
    try {
      const request = readAct(await bodyOf(context));
      const done = await able.perform({ ...request, operator: request.operator ?? "page" });
      return context.json(done, 201, { "Cache-Control": "no-store" });
    } catch (error) {
      if (!(error instanceof ActError)) throw error;
      const { problem, expected, fix } = error;
      throw new Refusal(codes[error.code], problem, { expected, fix, cause: error });
    }
  });
};
