import { describe, expect, test } from "vitest";
import { createActor, SimulatedClock, type StateValue } from "xstate";
import type { Dossier, Message, MessageOf, Verdict } from "../runtime/messages.ts";
import { panelOf, verifiersOf, votersOf } from "./folds/panel.ts";
import { askedIn, type Driven, drive, settings as plain, said, solutionOf } from "./machines.fixture.ts";
import { type QuestionInput, questionMachine } from "./question.ts";
import type { Settings } from "./settings.ts";

const group = ["ant", "bee", "cat", "dog", "eel", "fox"];
const settings: Settings = { ...plain, verifiers: 3, auditShare: 0, explanation: false };
const input: QuestionInput = {
  ...{ question: "q", round: 0, author: "ant", adapter: 0, difficulty: 1, text: "2+2", openedAt: 0 },
  ...{ group, settings, paces: {} },
};

type Question = Driven<typeof questionMachine>;

const begin = (more: Partial<Settings> = {}, given: Partial<QuestionInput> = {}): Question =>
  drive(questionMachine, { ...input, ...given, settings: { ...settings, ...more } });

const offered = (author: string): Message =>
  said("solution.offered", {
    question: "q",
    text: "2+2",
    ...askedIn(group, author),
    offered: solutionOf(author),
  });
const withheld = (author: string): Message =>
  said("solution.withheld", { question: "q", author, cause: "tired" });
const verdict = (verifier: string, author: string, given: Verdict["verdict"] = "accept"): Message =>
  said("verdict.given", {
    question: "q",
    verdicts: [{ solutionId: `q/${author}`, verifier, adapter: 0, verdict: given, text: "" }],
  });
const ballot = (voter: string, pairs: readonly { pair: string; first: string }[]): Message =>
  said("ballot.cast", {
    question: "q",
    ballots: pairs.map(({ pair, first }) => ({ pair, voter, adapter: 0, choice: first, text: "" })),
  });
const left = (agent: string): Message => said("agent.left", { agent, reason: "gone" });
const lapsed = (agent: string): Message => said("agent.lapsed", { agent, failures: 3, cause: "down" });

const solvedBy = (question: Question, ...authors: string[]): Question =>
  question.send(...group.map((author) => (authors.includes(author) ? offered(author) : withheld(author))));

const pathOf = (value: StateValue): string =>
  typeof value === "string"
    ? value
    : Object.entries(value)
        .map(([key, inner]) => (inner === undefined ? key : `${key}.${pathOf(inner)}`))
        .join();
const phase = ({ state }: Question): string => pathOf(state.value).split(".")[0] ?? "";
const dossierIn = ({ state }: Question): Dossier => state.context.dossier;
const requests = ({ drafts }: Question) =>
  drafts.flatMap((draft) => (draft.type === "verdict.requested" ? draft.verifiers : []));

const ant = solutionOf("ant");
const panel = panelOf({ question: "q", group }, ant, settings);
const [first, second, third] = panel as [string, string, string];
const outsiders = group.filter((member) => member !== "ant" && !panel.includes(member));
const [outsider] = outsiders as [string];

describe("a panel of verifiers", () => {
  test("decides by unanimity: the solution is verified once all of it have accepted", () => {
    const two = solvedBy(begin(), "ant").send(verdict(first, "ant"), verdict(second, "ant"));
    expect(phase(two)).toBe("verifying");
    const all = two.send(verdict(third, "ant"));
    expect(phase(all)).not.toBe("verifying");
    expect(dossierIn(all).verified).toEqual(["q/ant"]);
    expect(dossierIn(all).solutions[0]?.verifiers).toEqual(panel);
  });

  test("one refusal or abstention of it leaves a solution unverified", () => {
    const refused = solvedBy(begin(), "ant").send(verdict(second, "ant", "refuse"));
    expect([phase(refused), dossierIn(refused).verified]).toEqual(["closing", []]);
    const abstained = solvedBy(begin(), "ant").send(
      ...[verdict(first, "ant"), verdict(second, "ant", "abstain"), verdict(third, "ant")],
    );
    expect([phase(abstained), dossierIn(abstained).verified]).toEqual(["closing", []]);
  });

  test("peers outside it are not heard, neither afterwards nor before the solution", () => {
    const solved = solvedBy(begin(), "ant");
    expect(dossierIn(solved.send(verdict(outsider, "ant", "refuse")))).toEqual(dossierIn(solved));
    const early = solvedBy(begin().send(verdict(outsider, "ant", "refuse")), "ant");
    expect(phase(early)).toBe("verifying");
    const done = early.send(...panel.map((verifier) => verdict(verifier, "ant")));
    expect(dossierIn(done).verified).toEqual(["q/ant"]);
    const closed = done.drafts.find((draft) => draft.type === "question.closed");
    expect(closed?.dossier.verdicts.map(({ verifier }) => verifier)).toEqual(panel);
  });

  test("its verdicts may overtake the solution", () => {
    const early = begin().send(...panel.map((verifier) => verdict(verifier, "ant")));
    expect(dossierIn(solvedBy(early, "ant")).verified).toEqual(["q/ant"]);
  });

  test("an author does not choose its verifiers", () => {
    const chosen = solutionOf("ant", { verifiers: [outsider] });
    const solved = begin().send(
      said("solution.offered", { question: "q", text: "2+2", group, verifiers: [outsider], offered: chosen }),
    );
    expect(dossierIn(solved).solutions[0]?.verifiers).toEqual(panel);
  });

  test("a member that lapses is excused, one that leaves abstains", () => {
    const waiting = solvedBy(begin(), "ant").send(verdict(first, "ant"), verdict(second, "ant"));
    expect(dossierIn(waiting.send(lapsed(third))).verified).toEqual(["q/ant"]);
    const deserted = waiting.send(left(third));
    expect([phase(deserted), dossierIn(deserted).verified]).toEqual(["closing", []]);
    expect(dossierIn(waiting.send(left(outsider)))).toEqual(dossierIn(waiting));
  });
});

describe("an audited solution", () => {
  const audit = solvedBy(begin({ auditShare: 1, firstVerifiers: 1 }), "ant");
  const peers = group.slice(1);

  test("says so, and asks the whole group at once", () => {
    expect(dossierIn(audit)).toMatchObject({ solutions: [{ audited: true, verifiers: peers }] });
    expect(requests(audit)).toEqual([]);
  });

  test("waits for every verdict: no refusal stops the others", () => {
    const some = audit.send(
      verdict("bee", "ant", "refuse"),
      ...peers.slice(1, -1).map((peer) => verdict(peer, "ant")),
    );
    expect(phase(some)).toBe("verifying");
    const all = some.send(verdict("fox", "ant"));
    expect(phase(all)).toBe("closing");
    expect(dossierIn(all).verdicts).toHaveLength(5);
    expect(dossierIn(all).verified).toEqual([]);
  });

  test("needs the consent of the whole group", () => {
    const refused = audit.send(
      ...peers.map((peer) => verdict(peer, "ant", peer === outsider ? "refuse" : "accept")),
    );
    expect(dossierIn(refused).verified).toEqual([]);
    expect(dossierIn(audit.send(...peers.map((peer) => verdict(peer, "ant")))).verified).toEqual(["q/ant"]);
  });
});

describe("first verifiers", () => {
  const begun = () => begin({ firstVerifiers: 1 });
  const solved = solvedBy(begun(), "ant");

  test("are asked by the offer; the others once these have accepted", () => {
    expect(dossierIn(solved).solutions[0]?.verifiers).toEqual([first]);
    const accepted = solved.send(verdict(first, "ant"));
    expect(accepted.last).toMatchObject([
      { type: "verdict.requested", question: "q", text: "2+2", group, verifiers: [second, third] },
    ]);
    const [request] = accepted.last as MessageOf<"verdict.requested">[];
    expect(request?.offered).toMatchObject({ solutionId: "q/ant", verifiers: panel });
    expect(phase(accepted)).toBe("verifying");
    const verified = accepted.send(verdict(second, "ant"), verdict(third, "ant"));
    expect(dossierIn(verified).verified).toEqual(["q/ant"]);
    expect(requests(verified)).toEqual([second, third]);
  });

  test("the others are asked while members still solve", () => {
    const solving = begun().send(offered("ant"), verdict(first, "ant"));
    expect(phase(solving)).toBe("solving");
    expect(requests(solving)).toEqual([second, third]);
  });

  test.each(["refuse", "abstain"] as const)("one that says %s ends it: nobody else is asked", (given) => {
    const ended = solved.send(verdict(first, "ant", given));
    expect([phase(ended), dossierIn(ended).verified, requests(ended)]).toEqual(["closing", [], []]);
  });

  test("the others are not heard before they are asked", () => {
    expect(dossierIn(solved.send(verdict(second, "ant", "refuse")))).toEqual(dossierIn(solved));
  });

  test("one that lapses lets the others be asked, one that leaves abstains for good", () => {
    const without = solved.send(lapsed(first));
    expect(requests(without)).toEqual([second, third]);
    const verified = without.send(verdict(second, "ant"), verdict(third, "ant"));
    expect(dossierIn(verified).verified).toEqual(["q/ant"]);
    const deserted = solved.send(left(first));
    expect([phase(deserted), requests(deserted), dossierIn(deserted).verified]).toEqual(["closing", [], []]);
  });

  test("where all of them have lapsed before the offer, the others are asked with it", () => {
    const lonely = begun().send(lapsed(first), offered("ant"));
    expect(requests(lonely)).toEqual([second, third]);
    const verified = lonely.send(
      ...group.slice(1).map(withheld),
      ...[verdict(second, "ant"), verdict(third, "ant")],
    );
    expect(dossierIn(verified).verified).toEqual(["q/ant"]);
  });

  test("without the validity vote nobody is asked, whoever has lapsed", () => {
    expect(
      requests(begin({ firstVerifiers: 1, validVote: false }).send(lapsed(first), offered("ant"))),
    ).toEqual([]);
  });

  test("several at first: all of them have to accept", () => {
    const two = solvedBy(begin({ firstVerifiers: 2 }), "ant").send(verdict(first, "ant"));
    expect(requests(two)).toEqual([]);
    expect(requests(two.send(verdict(second, "ant")))).toEqual([third]);
  });

  test("work without a panel too: then the whole group has to accept", () => {
    const whole = solvedBy(begin({ verifiers: undefined, firstVerifiers: 1 }), "ant");
    expect(dossierIn(whole).solutions[0]?.verifiers).toEqual(["bee"]);
    expect(requests(whole.send(verdict("bee", "ant")))).toEqual(["cat", "dog", "eel", "fox"]);
  });

  test("patience begins anew for those that are asked later", () => {
    const clock = new SimulatedClock();
    const paces = Object.fromEntries(group.map((member) => [`${member}/verify`, 1]));
    const given = { ...input, paces, settings: { ...settings, firstVerifiers: 2 } };
    const actor = createActor(questionMachine, { clock, input: given }).start();
    const isVerifying = () => actor.getSnapshot().matches("verifying");
    const awaited = () => actor.getSnapshot().context.awaited.members;
    for (const author of group) actor.send(author === "ant" ? offered(author) : withheld(author));
    actor.send(verdict(first, "ant"));
    expect(awaited()).toEqual([second]);
    clock.increment(4_000);
    actor.send(verdict(second, "ant"));
    expect(awaited()).toEqual([third]);
    clock.increment(4_000);
    expect(isVerifying()).toBe(true);
    clock.increment(1_001);
    expect(isVerifying()).toBe(false);
    const silent = actor.getSnapshot().context.dossier.verdicts.filter((one) => one.verdict === "abstain");
    expect(silent.map(({ verifier }) => verifier)).toEqual([third]);
  });
});

describe("the vote", () => {
  const verifiedBy = (question: Question, ...authors: string[]): Question =>
    solvedBy(question, ...authors).send(
      ...authors.flatMap((author) =>
        verifiersOf({ question: "q", group }, solutionOf(author), settings).map((peer) =>
          verdict(peer, author),
        ),
      ),
    );
  const opened = (question: Question): MessageOf<"ballot.opened"> | undefined =>
    question.drafts.find((draft) => draft.type === "ballot.opened") as MessageOf<"ballot.opened"> | undefined;

  test("is of the voters that are drawn; others are not heard or waited for", () => {
    const voters = votersOf({ question: "q", group }, { ...settings, voters: 2 });
    const voting = verifiedBy(begin({ voters: 2 }), "ant", "bee");
    const ballots = opened(voting);
    expect(ballots?.group).toEqual(voters);
    const pairs = ballots?.pairs ?? [];
    const stranger = group.find((member) => !voters.includes(member)) ?? "";
    expect(dossierIn(voting.send(ballot(stranger, pairs))).ballots).toEqual([]);
    const done = voting.send(...voters.map((voter) => ballot(voter, pairs)));
    expect(phase(done)).toBe("closing");
    expect(dossierIn(done).duels).toEqual([{ first: "q/ant", second: "q/bee", outcome: "first" }]);
  });

  test.each([lapsed, left])("is of voters that are there: one that is gone is not drawn", (leaves) => {
    const drawn = votersOf({ question: "q", group }, { ...settings, voters: 1 })[0] ?? "";
    const voting = solvedBy(begin({ voters: 1 }).send(leaves(drawn)), "ant", "bee");
    const accepted = dossierIn(voting).solutions.flatMap(({ author, verifiers = [] }) =>
      verifiers.map((verifier) => verdict(verifier, author)),
    );
    const [voter] = dossierIn(voting.send(...accepted)).voters ?? [];
    expect([group.includes(voter ?? ""), voter === drawn]).toEqual([true, false]);
  });

  test("patience waits until half of the voters are done, however large the group", () => {
    const voters = votersOf({ question: "q", group }, { ...settings, voters: 3 });
    const voting = verifiedBy(begin({ voters: 3 }), "ant", "bee");
    const pairs = opened(voting)?.pairs ?? [];
    expect(pathOf(voting.state.value)).toBe("voting.early");
    const one = voting.send(ballot(voters[0] ?? "", pairs));
    expect(pathOf(one.state.value)).toBe("voting.early");
    expect(pathOf(one.send(ballot(voters[1] ?? "", pairs)).state.value)).toBe("voting.lingering");
  });

  test("is on the scheduled pairs only, those first that say most about the ratings", () => {
    const ratings = Object.fromEntries(group.map((name, index) => [name, { mu: 25 + 4 * index, sigma: 1 }]));
    const voting = verifiedBy(begin({ duels: 2 }, { ratings }), "ant", "bee", "cat", "dog");
    const pairs = opened(voting)?.pairs ?? [];
    expect(pairs).toHaveLength(2);
    expect(new Set(pairs.flatMap((pair) => [pair.first, pair.second])).size).toBe(4);
    expect(pairs.map(({ pair }) => pair)).not.toContain("q/ant|q/dog");
    const done = voting.send(...group.map((voter) => ballot(voter, pairs)));
    expect(dossierIn(done).duels).toHaveLength(2);
    expect(phase(done)).toBe("closing");
  });

  test("compares shares where solutions stand in unequal numbers of duels", () => {
    const voting = verifiedBy(begin({ duels: 2 }), "ant", "bee", "cat");
    const pairs = opened(voting)?.pairs ?? [];
    const shown = (id: string) => pairs.filter((pair) => pair.first === id || pair.second === id).length;
    const often = ["q/ant", "q/bee", "q/cat"].find((id) => shown(id) === 2) ?? "";
    const rare = pairs.map(({ first, second }) => (first === often ? second : first));
    const choosing = (choices: readonly string[]) =>
      said("ballot.cast", {
        question: "q",
        ballots: group.flatMap((voter) =>
          pairs.map(({ pair }, index) => ({
            pair,
            voter,
            adapter: 0,
            choice: choices[index] ?? "",
            text: "",
          })),
        ),
      });
    const champion = dossierIn(voting.send(choosing([often, often])));
    expect(champion.winner).toBe(often);
    const beaten = dossierIn(voting.send(choosing([rare[0] ?? "", often])));
    expect(beaten.winner).toBe(rare[0]);
  });

  test("takes place on all pairs and with all members by default", () => {
    const dossier = dossierIn(verifiedBy(begin(), "ant", "bee", "cat"));
    expect([dossier.voters, dossier.pairs]).toEqual([undefined, undefined]);
  });
});

test("who asks again draws the same: a resumed question has the same verifiers, voters and pairs", () => {
  const drawn = () => {
    const dossier = dossierIn(
      solvedBy(begin({ voters: 2, duels: 2, firstVerifiers: 1 }), "ant", "bee").send(
        ...["ant", "bee"].flatMap((author) =>
          verifiersOf({ question: "q", group }, solutionOf(author), settings).map((peer) =>
            verdict(peer, author),
          ),
        ),
      ),
    );
    return [dossier.solutions, dossier.voters, dossier.pairs];
  };
  const [solutions, voters, pairs] = drawn();
  expect([solutions, voters, pairs]).toMatchObject([{ length: 2 }, { length: 2 }, { length: 1 }]);
  expect(drawn()).toEqual(drawn());
});
