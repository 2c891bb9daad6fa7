/** Subjects as NATS has them: tokens between dots; in a pattern `*` stands for one token, a last `>` for one or more. */
import { BusError } from "./bus.ts";

const literal = /^[^\s.*>]+(?:\.[^\s.*>]+)*$/;
const wild = /^(?:[^\s.*>]+|\*)(?:\.(?:[^\s.*>]+|\*))*(?:\.>)?$|^>$/;

/** @throws BusError AGORA_BUS_SUBJECT where the subject is empty, has an empty token, a blank or a wildcard. */
export const assertSubject = (subject: string): void => {
  if (!literal.test(subject)) {
    throw new BusError(
      "AGORA_BUS_SUBJECT",
      `subject ${JSON.stringify(subject)} is not usable; expected non-empty tokens between dots, without blanks or wildcards`,
    );
  }
};

/** @throws BusError AGORA_BUS_SUBJECT where a wildcard is not a token of its own, or `>` is not the last one. */
export const assertPattern = (pattern: string): void => {
  if (!wild.test(pattern)) {
    throw new BusError(
      "AGORA_BUS_SUBJECT",
      `pattern ${JSON.stringify(pattern)} is not usable; expected tokens between dots, * for one, > only at the end`,
    );
  }
};

export const isLiteral = (pattern: string): boolean => literal.test(pattern);

/** Whether a split subject fits a split pattern. */
export const fits = (pattern: readonly string[], subject: readonly string[]): boolean => {
  for (const [index, token] of pattern.entries()) {
    if (token === ">") return subject.length > index;
    if (index >= subject.length || (token !== "*" && token !== subject[index])) return false;
  }
  return pattern.length === subject.length;
};
