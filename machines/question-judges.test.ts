import { describe, expect, test } from "vitest";
import { drive, group, said, settings, solutionOf } from "./machines.fixture.ts";
import { questionMachine } from "./question.ts";
import type { Settings } from "./settings.ts";

const start = (more: Partial<Settings> = {}) =>
  drive(questionMachine, {
    ...{ question: "q", round: 0, author: "ant", adapter: 0, difficulty: 1, text: "2+2", openedAt: 0 },
    ...{ group: [...group], judges: ["judge"], settings: { ...settings, ...more }, paces: {} },
  });

const offered = (author: string) =>
  said("solution.offered", {
    ...{ question: "q", text: "2+2", group: [...group] },
    verifiers: group.filter((member) => member !== author),
    offered: solutionOf(author),
  });
const withheld = (author: string) => said("solution.withheld", { question: "q", author, cause: "busy" });
const verdict = (verifier: string, given: "accept" | "refuse" | "abstain" = "accept") =>
  said("verdict.given", {
    question: "q",
    verdicts: [{ solutionId: "q/ant", verifier, adapter: 0, verdict: given, text: "" }],
  });

/** ant's solution alone, accepted by its peers. */
const acceptedByPeers = (more: Partial<Settings> = {}) =>
  start(more).send(offered("ant"), withheld("bee"), withheld("cat"), verdict("bee"), verdict("cat"));

describe("a judge", () => {
  test("is waited for, and its consent completes the consensus", () => {
    const waiting = acceptedByPeers();
    expect(waiting.state.matches("verifying")).toBe(true);
    const verified = waiting.send(verdict("judge")).state.context.dossier;
    expect([verified.verified, verified.judges, verified.group]).toEqual([["q/ant"], ["judge"], [...group]]);
  });

  test.each(["refuse", "abstain"] as const)("that says %s leaves the solution unverified", (given) => {
    const { dossier } = acceptedByPeers().send(verdict("judge", given)).state.context;
    expect([dossier.verified, dossier.verdicts.length]).toEqual([[], 3]);
  });

  test("that is gone is not needed", () => {
    const lapsed = said("agent.lapsed", { agent: "judge", failures: 0, cause: "silent" });
    const { dossier } = acceptedByPeers().send(lapsed).state.context;
    expect([dossier.verified, dossier.absent]).toEqual([["q/ant"], ["judge"]]);
  });

  test("is asked once, by the offer, where others are asked later", () => {
    const requestsIn = ({ drafts }: ReturnType<typeof start>) =>
      drafts.flatMap((draft) => (draft.type === "verdict.requested" ? draft.verifiers : []));
    const first = start({ firstVerifiers: 1 }).send(offered("ant"));
    expect(requestsIn(first)).toEqual([]);
    const whole = first.send(verdict("judge"), verdict("bee"));
    expect(requestsIn(whole)).toEqual(["cat"]);
  });

  test("is asked beside a panel, and a stranger is not heard", () => {
    const panel = start({ verifiers: 1, auditShare: 0 }).send(
      offered("ant"),
      withheld("bee"),
      withheld("cat"),
    );
    const [solution] = panel.state.context.dossier.solutions;
    expect(solution?.verifiers).toHaveLength(2);
    expect(solution?.verifiers).toContain("judge");
    const [peer = ""] = solution?.verifiers?.filter((verifier) => verifier !== "judge") ?? [];
    const heard = panel.send(verdict("stranger", "refuse"), verdict(peer), verdict("judge"));
    expect(heard.state.context.dossier.verified).toEqual(["q/ant"]);
  });
});
