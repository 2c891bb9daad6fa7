/** How a durable message gets into the journal: a request on one subject, answered once it is on the disk. */
import { BusError } from "../bus/bus.ts";

/** Run ids are one subject token, one folder name and one argument on a command line. */
const usable = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** @throws BusError AGORA_BUS_SUBJECT */
export const assertRun = (run: string): void => {
  if (usable.test(run)) return;
  throw new BusError(
    "AGORA_BUS_SUBJECT",
    `run id ${JSON.stringify(run)} is not usable; expected up to 64 letters, digits, - and _`,
  );
};

export const appendSubject = (run: string): string => `agora.${run}.journal.append`;

/** `known`: a message with the same durable key was kept before. `refused`: malformed or not durable. */
export type AppendAnswer = "recorded" | "known" | "refused";

const utf8 = new TextEncoder();
export const packAnswer = (answer: AppendAnswer): Uint8Array => utf8.encode(answer);

export const readAnswer = (payload: Uint8Array): AppendAnswer => {
  const answer = new TextDecoder().decode(payload);
  return answer === "recorded" || answer === "known" ? answer : "refused";
};
