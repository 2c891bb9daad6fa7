import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message, MessageOf } from "../../runtime/messages.ts";
import { said, settings, settledOf } from "../machines.fixture.ts";
import type { Settings } from "../settings.ts";
import { type Buffer, emptyBuffer, examplesOf, foldBuffer, mostWaiting } from "./buffer.ts";
import { servedName } from "./weights.ts";

const fold = (records: readonly Message[], more: Partial<Settings> = {}): Buffer =>
  records.reduce(foldBuffer({ ...settings, ...more }), { ...emptyBuffer, examples: new Map() });

const elite: Message = said("strategy.changed", { round: 0, before: "explore", after: "elite", cause: "" });
const requested = (version: number, samples: string[] = [], model = "ant"): MessageOf<"training.requested"> =>
  said("training.requested", {
    ...{
      job: servedName(model, version),
      model,
      generation: version,
      previous: version - 1,
      version,
      samples,
    },
  });
const published = (version: number): Message =>
  said("adapter.published", {
    ...{ job: servedName("ant", version), model: "ant", version, folder: "", before: 0, after: 0, loss: 0 },
  });
const failed = (version: number): Message =>
  said("training.failed", { job: servedName("ant", version), model: "ant", version, cause: "crashed" });

/** Two solutions in a few-shot context, one of them admitted. */
const settled = (question: string): MessageOf<"question.settled"> => {
  const message = settledOf(question, ["ant", "bee"]);
  const solutions = message.dossier.solutions.map((one) => ({ ...one, examples: "as others did" }));
  const [first, second] = message.admissions;
  const refused = { solutionId: "", author: "", ...second, admitted: false, reason: "not verified" as const };
  return {
    ...message,
    dossier: { ...message.dossier, solutions },
    admissions: first ? [first, refused] : [],
  };
};

const waitingIn = ({ waiting }: Buffer): string[] => waiting.map(({ solutionId }) => solutionId);

describe("the waiting samples", () => {
  test("of a job are trained on again with loraSamples all", () => {
    const first = [settled("q"), requested(1, ["q/ant"]), published(1)];
    const records = [...first, settled("r"), requested(2, ["r/ant"])];
    const spentWith = (loraSamples: Settings["loraSamples"]) => {
      const { spent, examples } = fold(records, { loraSamples });
      return [spent.map(({ solutionId }) => solutionId), examples.has("q/ant")];
    };
    expect(spentWith("all")).toEqual([["q/ant", "r/ant"], true]);
    expect(spentWith("new")).toEqual([[], false]);
  });

  test("are the admitted solutions, with question and response", () => {
    const buffer = fold([settled("q")], { contextShare: 0 });
    expect(waitingIn(buffer)).toEqual(["q/ant"]);
    expect(buffer.examples.get("q/ant")).toEqual({
      ...{ role: "solver", question: "q", text: "about q", response: "by ant", examples: "" },
    });
  });

  test("are all admitted solutions, in every strategy: the referee has decided", () => {
    const ratings = { ant: { mu: 20, sigma: 8 }, bee: { mu: 30, sigma: 8 }, cat: { mu: 25, sigma: 8 } };
    const both = settledOf("q", ["ant", "bee"], { ratings });
    expect(fold([elite, both]).waiting).toEqual([
      { solutionId: "q/ant", author: "ant" },
      { solutionId: "q/bee", author: "bee" },
    ]);
  });

  test("are used up by the jobs that name them, and can still be looked up", () => {
    const request = requested(1, ["q/ant"]);
    const buffer = fold([settled("q"), settled("r"), request]);
    expect(waitingIn(buffer)).toEqual(["r/ant"]);
    expect(examplesOf(buffer, request).map(({ question }) => question)).toEqual(["q"]);
    expect(examplesOf(buffer, requested(2, ["unknown/ant"]))).toEqual([]);
  });

  test("are kept for the jobs that run, and forgotten when a later generation begins", () => {
    const generations = Array.from({ length: 50 }, (_, index) => [
      settled(`q${index}`),
      requested(index + 1, [`q${index}/ant`]),
      published(index + 1),
    ]).flat();
    const running = [settled("r"), requested(51, ["r/ant"]), settled("s")];
    expect([...fold(generations).examples.keys()]).toEqual(["q49/ant"]);
    expect([...fold([...generations, ...running]).examples.keys()]).toEqual(["r/ant", "s/ant"]);
    const late = fold([...generations, ...running, settled("t"), requested(52, ["s/ant"], "bee")]);
    expect([...late.examples.keys()]).toEqual(["r/ant", "s/ant", "t/ant"]);
  });

  test("are the newest ones where more are admitted than jobs train on", () => {
    const most = mostWaiting(settings);
    const questions = Array.from({ length: 3 * most }, (_, index) => settled(`q${index}`));
    const asked = requested(1, ["q0/ant"]);
    const buffer = fold([settled("q0"), asked, ...questions.slice(1)]);
    const newest = questions.slice(-most).map(({ dossier }) => `${dossier.question}/ant`);
    expect(waitingIn(buffer)).toEqual(newest);
    expect([...buffer.examples.keys()]).toEqual(["q0/ant", ...newest]);
    expect(examplesOf(buffer, asked)).toHaveLength(1);
    expect(waitingIn(fold(questions, { trainAfter: "round" }))).toHaveLength(3 * most);
  });

  test("keep their context in a share of the cases, always the same ones", () => {
    const questions = Array.from({ length: 400 }, (_, index) => settled(`q${index}`));
    const kept = (share: number) =>
      [...fold(questions, { contextShare: share, bufferThreshold: 400 }).examples.values()].filter(
        ({ examples }) => examples !== "",
      );
    expect([kept(0).length, kept(1).length]).toEqual([0, 400]);
    expect(Math.abs(kept(0.5).length - 200)).toBeLessThan(40);
    expect(kept(0.5)).toEqual(kept(0.5));
  });
});

describe("versions", () => {
  test("are in use once published, and name what they replaced", () => {
    const buffer = fold([requested(1), published(1), requested(2), published(2)]);
    expect(buffer.weights).toEqual({ ant: 2 });
    expect(buffer.replaced).toEqual({ "ant@v1": 0, "ant@v2": 1 });
    expect(buffer.jobs).toEqual({});
  });

  test("are never used twice, whatever their outcome", () => {
    const withdrawn = said("adapter.withdrawn", { model: "ant", version: 1, restored: 0, cause: "worse" });
    const buffer = fold([requested(1), published(1), withdrawn, requested(2), failed(2)]);
    expect(buffer.versions).toEqual({ ant: 2 });
    expect(buffer.weights).toEqual({ ant: 0 });
  });

  test("count failures until a success", () => {
    expect(fold([requested(1), failed(1), requested(2), failed(2)]).failures).toEqual({ ant: 2 });
    expect(fold([requested(1), failed(1), requested(2), published(2)]).failures).toEqual({ ant: 0 });
  });

  test("count no failures across a job whose weights were measured and rejected", () => {
    const rejected = (version: number, measured: { before?: number; after?: number }): Message =>
      said("adapter.rejected", {
        ...{ job: `ant@v${version}`, model: "ant", version, cause: "worse", ...measured },
      });
    const before = [requested(1), failed(1), requested(2)];
    const measured = fold([...before, rejected(2, { before: 0.5, after: 0.4 }), requested(3), failed(3)]);
    expect(measured.failures).toEqual({ ant: 1 });
    // Nobody knows whether it would have trained.
    expect(fold([...before, rejected(2, {}), requested(3), failed(3)]).failures).toEqual({ ant: 2 });
  });

  test("keep their newest accuracies", () => {
    const measured = said("anchor.measured", {
      ...{ request: "r", round: 0, model: "ant", adapter: 3, purpose: "anchor" as const },
      zeroShot: { correct: 5, total: 10 },
      eliteShot: { correct: 0, total: 0 },
    });
    expect(fold([measured]).standards).toEqual({
      "ant@v3": { zeroShot: measured.zeroShot, eliteShot: measured.eliteShot },
    });
    const beside = { adapter: 2, zeroShot: { correct: 1, total: 4 }, eliteShot: { correct: 1, total: 1 } };
    expect(fold([{ ...measured, against: beside }]).standards).toMatchObject({
      "ant@v2": { zeroShot: beside.zeroShot, eliteShot: beside.eliteShot },
    });
  });
});

test("every admitted solution is either waiting or was named by a job, and never both", () => {
  const question = fc.nat({ max: 20 }).map((id) => ({ kind: "settled" as const, id }));
  const job = fc.nat({ max: 20 }).map((id) => ({ kind: "job" as const, id }));
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.oneof(question, job), { selector: ({ kind, id }) => `${kind}${id}` }),
      (steps) => {
        let buffer = fold([]);
        const spent = new Set<string>();
        const admitted = new Set<string>();
        for (const { kind, id } of steps) {
          if (kind === "settled") admitted.add(`q${id}/ant`);
          else for (const sample of waitingIn(buffer)) spent.add(sample);
          const event = kind === "settled" ? settled(`q${id}`) : requested(id + 1, waitingIn(buffer));
          buffer = foldBuffer(settings)(buffer, event);
        }
        expect(new Set([...spent, ...waitingIn(buffer)])).toEqual(admitted);
        expect(waitingIn(buffer).filter((sample) => spent.has(sample))).toEqual([]);
        expect([...admitted].every((sample) => buffer.examples.has(sample))).toBe(true);
      },
    ),
  );
});
