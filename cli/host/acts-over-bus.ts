/**
 * Acts of operators in other processes: what POST /api/acts takes, as a request on `agora.<run>.operator.act`.
 *
 * With keys, only the operator's and the host's may ask. Nobody can have an act recorded otherwise: the recorder refuses
 * one that was not checked here or on the page (`whyUnchecked` of acts.ts).
 */
import { ActError, type ActErrorCode, type Acts, readAct } from "../../runtime/acts.ts";
import type { Bus, Subscription } from "../../runtime/bus/bus.ts";

export const actSubject = (run: string): string => `agora.${run}.operator.act`;

/** [bytes] */
const maximumBody = 32 * 1024;

interface Refused {
  readonly code: ActErrorCode | "AGORA_ACT_FAILED";
  readonly problem: string;
  readonly expected?: string | undefined;
  readonly fix?: string | undefined;
}

const refusalOf = (cause: unknown): Refused => {
  if (!(cause instanceof ActError)) return { code: "AGORA_ACT_FAILED", problem: String(cause) };
  const { code, problem, expected, fix } = cause;
  return { code, problem, expected, fix };
};

const bodyOf = (payload: Uint8Array): unknown => {
  try {
    if (payload.byteLength <= maximumBody) return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    // Refused below.
  }
  throw new ActError("AGORA_ACT_VALUE", `the request is not one JSON object of at most ${maximumBody} bytes`);
};

/** Answers with the `ActDone`, or with the refusal, as JSON. */
export const receiveActs = (bus: Bus, run: string, acts: Acts): Subscription =>
  bus.subscribe(actSubject(run), async ({ payload, reply }) => {
    const answer = async () => acts.perform(readAct(bodyOf(payload)));
    const given = await answer().catch(refusalOf);
    reply?.(new TextEncoder().encode(JSON.stringify(given)));
  });
