/** NATS subjects: tokens between dots. In a pattern `*` matches one token and a final `>` matches one or more. */
import { BusError } from "./bus.ts";

const literal = /^[^\s.*>]+(?:\.[^\s.*>]+)*$/;
const wild = /^(?:[^\s.*>]+|\*)(?:\.(?:[^\s.*>]+|\*))*(?:\.>)?$|^>$/;

/** @throws BusError AGORA_BUS_SUBJECT if the subject is empty or has an empty token, a blank or a wildcard. */
export const assertSubject = (subject: string): void => {
  if (!literal.test(subject)) {
    throw new BusError("AGORA_BUS_SUBJECT", `subject ${JSON.stringify(subject)} is not usable`, {
      expected: "non-empty tokens between dots, without blanks or wildcards",
    });
  }
};

/** @throws BusError AGORA_BUS_SUBJECT if a wildcard shares its token, or `>` is not the last token. */
export const assertPattern = (pattern: string): void => {
  if (!wild.test(pattern)) {
    throw new BusError("AGORA_BUS_SUBJECT", `pattern ${JSON.stringify(pattern)} is not usable`, {
      expected: "tokens between dots, * for one token, > only at the end",
    });
  }
};

export const isLiteral = (pattern: string): boolean => literal.test(pattern);

/** Whether a subject matches a pattern; both are split at the dots. */
export const fits = (pattern: readonly string[], subject: readonly string[]): boolean => {
  for (let place = 0; place < pattern.length; place += 1) {
    const token = pattern[place];
    if (token === ">") return subject.length > place;
    if (place >= subject.length || (token !== "*" && token !== subject[place])) return false;
  }
  return pattern.length === subject.length;
};
