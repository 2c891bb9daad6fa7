import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryMessage, sealed, settled } from "../../runtime/messages.fixture.ts";
import type { Draft, Message } from "../../runtime/messages.ts";
import { foldProgress, initialProgress } from "./progress-state.ts";

const fold = (...messages: (Draft | Message)[]) =>
  messages
    .map((message) => ("at" in message ? message : sealed(message)))
    .reduce(foldProgress, initialProgress);

const opened = (round: number, attempt = 0): Draft => ({
  type: "round.opened",
  ...{ round, attempt, generator: "ant", difficulty: 3, count: 16, strategy: "explore" },
});
const posed = (question: string): Draft => ({
  type: "question.posed",
  ...{ question, round: 1, author: "ant", adapter: 0, difficulty: 3, text: "1+1", group: ["ant", "bee"] },
});
const verdict = (question: string): Draft => ({
  type: "verdict.given",
  question,
  verdicts: [{ solutionId: "s", verifier: "bee", adapter: 0, verdict: "accept", text: "" }],
});
const requested = (samples: string[]): Draft => ({
  type: "training.requested",
  ...{ job: "g1.ant", model: "ant", generation: 1, previous: 0, version: 1, samples },
});
const stepped = (state: string, step: number, loss: number): Draft => ({
  type: "training.progressed",
  ...{ job: "g1.ant", model: "ant", state, step, steps: 40, loss },
});

describe("progress", () => {
  test("follows a question through its phases, forward only", () => {
    const start = [opened(1), posed("q1"), posed("q2")];
    expect([...fold(...start).inFlight.values()]).toEqual(["solving", "solving"]);
    const voting: Draft = {
      type: "ballot.opened",
      question: "q1",
      text: "",
      group: [],
      pairs: [],
      solutions: [],
    };
    expect(fold(...start, verdict("q1")).inFlight.get("q1")).toBe("verifying");
    expect(fold(...start, voting, verdict("q1")).inFlight.get("q1")).toBe("voting");
    expect(fold(...start, voting, settled("q1")).inFlight.has("q1")).toBe(false);
  });

  test("a late message does not reopen a settled question", () => {
    expect(fold(opened(1), posed("q1"), settled("q1"), verdict("q1")).inFlight.size).toBe(0);
  });

  test("counts the questions of a round, also over several attempts", () => {
    const voided: Draft = {
      type: "question.voided",
      ...{ question: "q2", round: 1, author: "ant", adapter: 0, text: "", reason: "duplicate" },
    };
    const first = [opened(1), posed("q1"), posed("q2"), settled("q1"), voided];
    expect(fold(...first)).toMatchObject({ settled: 1, voided: 1, settledInAll: 1 });
    expect(fold(...first, opened(1, 1))).toMatchObject({ settled: 1, voided: 1 });
    expect(fold(...first, opened(2))).toMatchObject({ settled: 0, voided: 0, settledInAll: 1 });
    expect(fold(...first, opened(2), settled("q3", 1))).toMatchObject({ settled: 0, settledInAll: 2 });
  });

  test("keeps ratings and fills the buffer until jobs take the samples", () => {
    const filled = fold(opened(1), settled("q1"), settled("q2"));
    expect([...filled.buffer]).toEqual(["q1.ada", "q2.ada"]);
    expect(filled.ratings.ada).toEqual({ mu: 27, sigma: 7 });
    const taken = fold(opened(1), settled("q1"), settled("q2"), requested(["q1.ada"]));
    expect([...taken.buffer]).toEqual(["q2.ada"]);
  });

  test("follows a job from queue to published adapter", () => {
    expect([...fold(requested([])).jobs.values()]).toMatchObject([{ state: "queued", loss: undefined }]);
    const training = fold(requested([]), stepped("training", 4, 0.5), stepped("gating", 0, 0));
    expect([...training.jobs.values()]).toMatchObject([{ state: "gating", loss: 0.5 }]);
    const published: Draft = {
      type: "adapter.published",
      ...{ job: "g1.ant", model: "ant", version: 1, folder: "f", before: 0.5, after: 0.7, loss: 0.4 },
    };
    const done = fold(requested([]), published);
    expect(done.jobs.size).toBe(0);
    expect(done.versions).toEqual({ ant: 1 });
    const withdrawn: Draft = {
      type: "adapter.withdrawn",
      model: "ant",
      version: 1,
      restored: 0,
      cause: "worse",
    };
    expect(fold(published, withdrawn).versions).toEqual({ ant: 0 });
  });

  test("no message changes an earlier state", () => {
    const messages = fc.array(arbitraryMessage, { maxLength: 30 });
    fc.assert(
      fc.property(messages, (list) => {
        const states = list.map((_, index) => list.slice(0, index).reduce(foldProgress, initialProgress));
        const again = list.map((_, index) => list.slice(0, index).reduce(foldProgress, initialProgress));
        expect(states).toEqual(again);
        expect(initialProgress.inFlight.size + initialProgress.jobs.size + initialProgress.buffer.size).toBe(
          0,
        );
      }),
      { numRuns: 50 },
    );
  });
});
