/**
 * How a durable message of another process reaches the journal: as a request that the recorder answers once the message
 * is on disk.
 */
import { BusError } from "../bus/bus.ts";
import { durableKey, type Message } from "../messages.ts";

/** A run id is used as a subject token, a folder name and a command-line argument. */
const usable = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** @throws BusError AGORA_BUS_SUBJECT */
export const assertRun = (run: string): void => {
  if (usable.test(run)) return;
  throw new BusError("AGORA_BUS_SUBJECT", `run id ${JSON.stringify(run)} is not usable`, {
    expected: "up to 64 letters, digits, - and _",
  });
};

/** `known`: the journal has a message with this durable key. `refused`: the message is malformed or not durable. */
export type AppendAnswer = "recorded" | "known" | "refused";

export const refusedError = (run: string, message: Message): BusError =>
  new BusError("AGORA_BUS_REFUSED", `the recorder refused ${durableKey(message)}`, {
    fix: `see agora.${run}.dead-letter`,
  });

const utf8 = new TextEncoder();
export const packAnswer = (answer: AppendAnswer): Uint8Array => utf8.encode(answer);

export const readAnswer = (payload: Uint8Array): AppendAnswer => {
  const answer = new TextDecoder().decode(payload);
  return answer === "recorded" || answer === "known" ? answer : "refused";
};
