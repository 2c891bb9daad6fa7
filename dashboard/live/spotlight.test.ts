import { beforeEach, describe, expect, test } from "vitest";
import type { Dossier, Message, Solution } from "../../runtime/messages.ts";
import { Spotlight } from "./spotlight.ts";

const group = ["ant", "bee"];
const envelope = { from: "ant", at: 0 };
const author = { author: "ant", adapter: 0 };
const posed = (question: string): Message => ({
  ...{
    type: "question.posed",
    ...envelope,
    question,
    round: 0,
    ...author,
    difficulty: 2,
    text: question,
    group,
  },
});
const solution = (question: string, answer: string): Solution => ({
  ...{ solutionId: `${question}/${answer}`, ...author, text: answer, answer, examples: "", exemplars: [] },
});
const offered = (question: string, answer: string): Message => ({
  ...{ type: "solution.offered", ...envelope, question, text: question, group, verifiers: ["bee"] },
  offered: solution(question, answer),
});
const refused = (question: string, answer: string): Message => ({
  ...{ type: "verdict.given", ...envelope, question },
  verdicts: [
    { solutionId: `${question}/${answer}`, verifier: "bee", adapter: 0, verdict: "refuse", text: "no" },
  ],
});
const settled = (question: string): Message => {
  const dossier: Dossier = {
    ...{ question, round: 0, ...author, difficulty: 2, text: question, group, solutions: [], withheld: [] },
    ...{ verdicts: [], verified: [], ballots: [], duels: [], openedAt: 0 },
  };
  return { type: "question.settled", ...envelope, at: 1500, dossier, ratings: {}, admissions: [] };
};

describe("the spotlight", () => {
  let now = 0;
  let spotlight: Spotlight;
  const hear = (...messages: readonly Message[]) => {
    for (const message of messages) spotlight.accept(message);
  };
  const shown = () => spotlight.staged()?.dossier.question;

  beforeEach(() => {
    now = 0;
    spotlight = new Spotlight(() => now);
  });

  test("shows a question at once and follows it", () => {
    expect(shown()).toBeUndefined();
    hear(posed("q1"));
    expect(shown()).toBe("q1");
    const before = spotlight.revision;
    hear(offered("q1", "6"), refused("q1", "6"));
    expect(spotlight.staged()?.dossier).toMatchObject({
      solutions: [{ answer: "6" }],
      verdicts: [{ verdict: "refuse" }],
    });
    expect(spotlight.revision).toBeGreaterThan(before);
  });

  test("keeps a question until it has ended and some seconds more", () => {
    hear(posed("q1"));
    expect(shown()).toBe("q1");
    hear(posed("q2"));
    now = 60_000;
    expect(shown()).toBe("q1");
    hear(settled("q1"));
    now += 8_000;
    expect(spotlight.staged()).toMatchObject({ dossier: { question: "q1" }, admissions: [], seconds: 1.5 });
    now += 2_000;
    expect(shown()).toBe("q2");
  });

  test("goes on with the most telling question under way", () => {
    hear(posed("q1"));
    expect(shown()).toBe("q1");
    hear(posed("q2"), posed("q3"), offered("q3", "6"), offered("q3", "5"), refused("q3", "5"), settled("q1"));
    now = 10_000;
    expect(shown()).toBe("q3");
  });

  test("gives up a question that is discarded, and one without news", () => {
    hear(posed("q1"), posed("q2"));
    const first = shown() ?? "";
    hear({
      type: "question.voided",
      ...envelope,
      question: first,
      round: 0,
      ...author,
      text: "",
      reason: "copied",
    });
    expect(shown()).not.toBe(first);
    now = 130_000;
    hear(posed("q3"));
    expect(shown()).toBe("q3");
  });

  test("collects few questions, with few solutions each", () => {
    hear(...Array.from({ length: 500 }, (_, index) => posed(`q${index}`)));
    const question = shown() ?? "";
    hear(...Array.from({ length: 200 }, (_, index) => offered(question, String(index))));
    expect(spotlight.staged()?.dossier.solutions.length).toBeLessThanOrEqual(12);
    expect(spotlight.staged()?.offered).toBe(200);
  });
});
