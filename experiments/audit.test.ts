import { describe, expect, test } from "vitest";
import { settled } from "../runtime/messages.fixture.ts";
import type { Message, MessageOf, Solution } from "../runtime/messages.ts";
import { auditLine, emptyAudit, foldAudit, precisionOf, rawOf, soundnessOf } from "./audit.ts";
import { pocketTask } from "./tasks/pocket.ts";

const solution = (author: string, answer: string): Solution => ({
  solutionId: `q/${author}`,
  author,
  adapter: 0,
  text: `ans ${answer}`,
  answer,
  examples: "",
  exemplars: [],
});

/** `7*8-3` ends in 3. */
const question = (text: string, answers: Record<string, string>, verified: string[]): Message => {
  const message = settled("q") as MessageOf<"question.settled">;
  const solutions = Object.entries(answers).map(([author, answer]) => solution(author, answer));
  const ids = verified.map((author) => `q/${author}`);
  return { ...message, dossier: { ...message.dossier, text, solutions, verified: ids } };
};

const audited = (...messages: Message[]) => messages.reduce(foldAudit(pocketTask), emptyAudit);

describe("audit", () => {
  test("compares what was verified with what is right", () => {
    const audit = audited(question("7*8-3", { a: "3", b: "3", c: "5", d: "7" }, ["a", "c"]));
    expect(audit).toEqual({ offered: 4, right: 2, verified: 2, verifiedRight: 1, judged: 2, sound: 0 });
    expect(rawOf(audit)).toBe(0.5);
    expect(precisionOf(audit)).toBe(0.5);
    expect(auditLine(audit)).toBe("50.0% of verified solutions are right, 50.0% of all");
  });

  test("adds questions up and leaves out those without a known answer", () => {
    const one = question("2+2", { a: "4" }, ["a"]);
    const unknown = question("how are you", { a: "4" }, ["a"]);
    expect(audited(one, unknown, one)).toMatchObject({ offered: 2, right: 2, verified: 2, verifiedRight: 2 });
  });

  test("distinguishes right answers from solutions that are right in every step", () => {
    const whole = question("7*8-3", { a: "3" }, ["a"]);
    const [text] = ["7*8=6 6-3=3 ans 3"];
    const shown = whole as MessageOf<"question.settled">;
    const solutions = shown.dossier.solutions.map((one) => ({ ...one, text }));
    const audit = audited(whole, { ...shown, dossier: { ...shown.dossier, solutions } } as Message);
    expect([precisionOf(audit), soundnessOf(audit)]).toEqual([1, 0.5]);
  });

  test("has no precision if nothing was verified", () => {
    const audit = audited(question("2+2", { a: "5" }, []));
    expect(precisionOf(audit)).toBeUndefined();
    expect(auditLine(audit)).toBe("– of verified solutions are right, 0.0% of all");
  });
});
