import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createActor, SimulatedClock, type StateValue } from "xstate";
import type { Dossier, Draft, Message, MessageOf, Verdict } from "../runtime/messages.ts";
import {
  after,
  askedIn,
  type Driven,
  drive,
  group,
  said,
  settings,
  settledOf,
  solutionOf,
  typesOf,
} from "./machines.fixture.ts";
import { type QuestionInput, questionMachine } from "./question.ts";

const input: QuestionInput = {
  ...{ question: "q", round: 0, author: "ant", adapter: 0, difficulty: 1, text: "2+2", openedAt: 0 },
  group,
  settings,
  paces: {},
};

type Question = Driven<typeof questionMachine>;

const begin = (more: Partial<QuestionInput> = {}): Question => drive(questionMachine, { ...input, ...more });
const without = (off: Partial<typeof settings>): Question => begin({ settings: { ...settings, ...off } });

const offered = (author: string): Message =>
  said("solution.offered", {
    question: "q",
    text: "2+2",
    ...askedIn(group, author),
    offered: solutionOf(author),
  });
const withheld = (author: string): Message =>
  said("solution.withheld", { question: "q", author, cause: "tired" });
const verdict = (verifier: string, author: string, given: "accept" | "refuse" | "abstain"): Message =>
  verdicts([verifier, author, given]);
/** What is said in one message, each of its parts by verifier and author. */
const verdicts = (
  ...parts: readonly (readonly [verifier: string, author: string, given: Verdict["verdict"]])[]
): Message =>
  said("verdict.given", {
    question: "q",
    verdicts: parts.map(([verifier, author, given]) => ({
      ...{ solutionId: `q/${author}`, verifier, adapter: 0, verdict: given, text: "" },
    })),
  });
const ballot = (voter: string, pair: string, choice?: string): Message => ballots(voter, [pair, choice]);
const ballots = (
  voter: string,
  ...parts: readonly (readonly [pair: string, choice: string | undefined])[]
): Message =>
  said("ballot.cast", {
    question: "q",
    ballots: parts.map(([pair, choice]) => ({
      ...{ pair, voter, adapter: 0, text: "" },
      ...(choice === undefined ? {} : { choice }),
    })),
  });
const explained = (author: string): Message =>
  said("explanation.given", {
    question: "q",
    given: { solutionId: `q/${author}`, author, adapter: 0, text: "step by step" },
  });
const posedAt = (at: number): Message => ({
  ...said("question.posed", {
    ...{ question: "q", round: 0, author: "ant", adapter: 0, difficulty: 1, text: "2+2", group: [...group] },
  }),
  at,
});
const left = (agent: string): Message => said("agent.left", { agent, reason: "gone" });
const lapsed = (agent: string): Message => said("agent.lapsed", { agent, failures: 3, cause: "down" });

const solved = (question: Question, ...authors: string[]): Question =>
  question.send(...group.map((author) => (authors.includes(author) ? offered(author) : withheld(author))));
const accepted = (question: Question, ...authors: string[]): Question =>
  question.send(
    ...authors.flatMap((author) =>
      group.filter((peer) => peer !== author).map((peer) => verdict(peer, author, "accept")),
    ),
  );
const pair = "q/ant|q/bee";
const deadline = (path: string) => after("deadline", `question.${path}`);

const dossierIn = ({ drafts }: Question): Dossier | undefined =>
  drafts.find((draft) => draft.type === "question.closed")?.dossier;
const pathOf = (value: StateValue): string =>
  typeof value === "string"
    ? value
    : Object.entries(value)
        .map(([key, inner]) => (inner === undefined ? key : `${key}.${pathOf(inner)}`))
        .join();
/** The phase, whether patience runs in it or not. */
const value = ({ state }: Question): string => pathOf(state.value).replace(/\.(early|lingering)$/, "");

describe("a question's whole life", () => {
  const solving = begin();
  const verifying = solved(solving, "ant", "bee");
  const polling = accepted(verifying, "ant", "bee");
  const explaining = polling.send(
    ballot("ant", pair, "q/bee"),
    ballot("bee", pair, "q/bee"),
    ballot("cat", pair, "q/ant"),
  );
  const settled = explaining.send(explained("bee"));

  test("passes through its phases", () => {
    expect(value(solving)).toBe("solving");
    expect(value(verifying)).toBe("verifying");
    expect(value(polling)).toBe("voting");
    expect(value(explaining)).toBe("explaining");
    expect(value(settled)).toBe("closing.saying");
    const heard = settled.send(settledOf("q", ["bee"]));
    expect(value(heard)).toBe("settled");
    expect(heard.state.status).toBe("done");
  });

  test("says what the group has to do, and in the end what came of it", () => {
    expect(typesOf(settled.drafts)).toEqual([
      "question.posed",
      "ballot.opened",
      "winner.elected",
      "question.closed",
    ]);
    const opened = polling.last[0] as MessageOf<"ballot.opened">;
    expect(opened.pairs).toEqual([{ pair, first: "q/ant", second: "q/bee" }]);
    expect(opened.solutions).toEqual([
      { solutionId: "q/ant", text: "by ant" },
      { solutionId: "q/bee", text: "by bee" },
    ]);
    expect((explaining.last[0] as MessageOf<"winner.elected">).winner.author).toBe("bee");
  });

  test("collects everything in its dossier", () => {
    const dossier = dossierIn(settled);
    expect(dossier?.withheld).toEqual([{ author: "cat", cause: "tired" }]);
    expect(dossier?.verified).toEqual(["q/ant", "q/bee"]);
    expect(dossier?.duels).toEqual([{ first: "q/ant", second: "q/bee", outcome: "second" }]);
    expect(dossier?.winner).toBe("q/bee");
    expect(dossier?.explanation?.text).toBe("step by step");
    expect(dossier?.verdicts).toHaveLength(4);
  });
});

test("verdicts on solutions that nobody offered, and on one's own, are left out of the dossier", () => {
  const strays = begin().send(
    verdict("cat", "ant", "accept"),
    verdict("ant", "ant", "accept"),
    withheld("ant"),
  );
  const ended = strays.send(offered("bee"), withheld("cat"), verdict("ant", "bee", "refuse"));
  expect(dossierIn(ended)?.verdicts.map((given) => given.solutionId)).toEqual(["q/bee"]);
});

describe("what one message holds", () => {
  const all = solved(begin(), ...group);
  const accepting = (verifier: string, ...authors: string[]): Message =>
    verdicts(...authors.map((author) => [verifier, author, "accept"] as const));
  const polling = all.send(
    ...[accepting("ant", "bee", "cat"), accepting("bee", "ant", "cat"), accepting("cat", "ant", "bee")],
  );
  const pairs = ["q/ant|q/bee", "q/ant|q/cat", "q/bee|q/cat"] as const;
  const voting = (voter: string, ...choices: (string | undefined)[]): Message =>
    ballots(voter, ...choices.map((choice, place) => [pairs[place] ?? "", choice] as const));

  test("settles several checks at once: the last member's verdicts open the vote", () => {
    expect(value(polling)).toBe("voting");
    expect(polling.state.context.dossier.verified).toEqual(["q/ant", "q/bee", "q/cat"]);
    expect((polling.last[0] as MessageOf<"ballot.opened">).pairs.map((each) => each.pair)).toEqual(pairs);
    const refused = all.send(verdicts(["ant", "bee", "refuse"], ["ant", "cat", "refuse"]));
    expect(value(refused)).toBe("verifying");
    expect(value(refused.send(verdict("bee", "ant", "refuse")))).toBe("closing.saying");
  });

  test("is heard in part where it repeats, comes from outside, or is about what nobody offered", () => {
    const heard = all.send(
      verdicts(
        ...([
          ["ant", "bee", "accept"],
          ["ant", "bee", "refuse"],
          ["dog", "bee", "refuse"],
        ] as const),
        ...([
          ["ant", "ant", "accept"],
          ["ant", "cat", "accept"],
          ["ant", "owl", "refuse"],
        ] as const),
      ),
      ...[accepting("bee", "ant", "cat"), accepting("cat", "ant", "bee")],
    );
    expect(heard.state.context.dossier.verified).toEqual(["q/ant", "q/bee", "q/cat"]);
    expect(value(heard)).toBe("voting");
  });

  test("is all that a voter says: the vote ends with the last voter, an abstention among its ballots", () => {
    const most = polling.send(voting("ant", "q/ant", "q/ant", "q/bee"), voting("bee", "q/bee", "q/ant"));
    const almost = most.send(voting("cat", "q/ant", undefined, "q/bee"));
    expect([value(most), value(almost)]).toEqual(["voting", "voting"]);
    const whole = almost.send(ballots("bee", [pairs[2], "q/cat"], [pairs[2], "q/bee"], [pairs[0], "q/ant"]));
    expect(value(whole)).toBe("explaining");
    expect(whole.state.context.dossier.duels.map(({ outcome }) => outcome)).toEqual([
      "first",
      "first",
      "first",
    ]);
    expect(whole.state.context.dossier.ballots).toHaveLength(9);
  });

  test("times each of its verdicts by when it was sent; abstentions are not timed", () => {
    const asked = [posedAt(0), ...group.map((author) => ({ ...offered(author), at: 1_000 }))];
    const spoken = { ...verdicts(["ant", "bee", "accept"], ["ant", "cat", "abstain"]), at: 5_000 };
    const { took } = begin().send(...asked, spoken).state.context.timing;
    expect(took).toMatchObject({ "ant/verify": 4 });
    const silent = { ...verdicts(["ant", "bee", "abstain"]), at: 5_000 };
    expect(begin().send(...asked, silent).state.context.timing.took).not.toHaveProperty("ant/verify");
  });
});

describe("shorter lives", () => {
  test("a flawed question is void before anybody hears of it", () => {
    const flawed = begin({ flaw: "duplicate" });
    expect(value(flawed)).toBe("void");
    expect(typesOf(flawed.drafts)).toEqual(["question.voided"]);
    expect(flawed.drafts[0]).toMatchObject({ question: "q", reason: "duplicate" });
  });

  test("a question for nobody is void at once: no answer would ever end its phase", () => {
    const lonely = begin({ group: [] });
    expect(value(lonely)).toBe("void");
    expect(typesOf(lonely.drafts)).toEqual(["question.voided"]);
    expect(lonely.drafts[0]).toMatchObject({ question: "q", reason: "no member is present" });
  });

  test("a question that nobody answers is void, with everybody's cause", () => {
    const silent = solved(begin());
    expect(value(silent)).toBe("void");
    expect(silent.last[0]).toMatchObject({
      reason: "nobody offered a solution (ant: tired; bee: tired; cat: tired)",
    });
  });

  test("without consensus there is neither vote nor winner", () => {
    const refused = solved(begin(), "ant").send(verdict("cat", "ant", "refuse"));
    expect(value(refused)).toBe("closing.saying");
    expect(dossierIn(refused)?.verified).toEqual([]);
    expect(dossierIn(refused)).not.toHaveProperty("winner");
  });

  test("a lone verified solution wins unopposed", () => {
    const alone = accepted(solved(begin(), "cat"), "cat");
    expect(value(alone)).toBe("explaining");
    expect(typesOf(alone.last)).toEqual(["winner.elected"]);
  });

  test("the winner may keep its explanation to itself; others cannot explain for it", () => {
    const explaining = accepted(solved(begin(), "cat"), "cat");
    expect(value(explaining.send(explained("ant")))).toBe("explaining");
    const silent = explaining.send(
      said("explanation.withheld", { question: "q", author: "cat", cause: "no words" }),
    );
    expect(value(silent)).toBe("closing.saying");
    expect(dossierIn(silent)).not.toHaveProperty("explanation");
  });

  test("verdicts that arrive during solving count", () => {
    const early = begin().send(
      offered("ant"),
      verdict("bee", "ant", "accept"),
      verdict("cat", "ant", "accept"),
      withheld("bee"),
      withheld("cat"),
    );
    expect(value(early)).toBe("explaining");
  });
});

describe("deadlines", () => {
  test("solving: who is silent withholds", () => {
    const late = begin().send(offered("ant"), deadline("solving"));
    expect(value(late)).toBe("verifying");
    expect(late.state.context.dossier.withheld).toEqual([
      { author: "bee", cause: "silent until the deadline" },
      { author: "cat", cause: "silent until the deadline" },
    ]);
    expect(late.send(offered("bee")).state.context.dossier.solutions).toHaveLength(1);
  });

  test("solving: when all are silent the question is void", () => {
    expect(value(begin().send(deadline("solving")))).toBe("void");
  });

  test("verifying: who is silent abstains, and the solution stays unverified", () => {
    const late = solved(begin(), "ant", "bee").send(
      verdict("bee", "ant", "accept"),
      verdict("ant", "bee", "refuse"),
      deadline("verifying"),
    );
    expect(value(late)).toBe("closing.saying");
    expect(dossierIn(late)?.verified).toEqual([]);
    const abstentions = dossierIn(late)?.verdicts.filter(({ verdict }) => verdict === "abstain");
    expect(abstentions?.map(({ solutionId, verifier }) => [solutionId, verifier])).toEqual([
      ["q/ant", "cat"],
    ]);
  });

  test("voting: who is silent abstains, the others decide", () => {
    const late = accepted(solved(begin(), "ant", "bee"), "ant", "bee").send(
      ballot("cat", pair, "q/bee"),
      deadline("voting"),
    );
    expect(value(late)).toBe("explaining");
    expect(late.state.context.dossier.winner).toBe("q/bee");
    expect(late.state.context.dossier.ballots).toHaveLength(3);
  });

  test("voting: without a single vote there is no duel, and the lot decides", () => {
    const late = accepted(solved(begin(), "ant", "bee"), "ant", "bee").send(deadline("voting"));
    expect(late.state.context.dossier).toMatchObject({ duels: [], winner: "q/bee" });
  });

  test("explaining: the question settles without an explanation", () => {
    const late = accepted(solved(begin(), "cat"), "cat").send(deadline("explaining"));
    expect(value(late)).toBe("closing.saying");
  });

  test("each of them alone ends a question that nobody answers", () => {
    const idle = begin().send(offered("ant"), offered("bee"), deadline("solving"), deadline("verifying"));
    expect(value(idle)).toBe("closing.saying");
  });
});

describe("patience", () => {
  const paces = {
    "ant/solve": 1,
    "bee/solve": 4,
    "cat/solve": 1,
    "cat/verify": 2,
    "cat/vote": 3,
    "cat/explain": 4,
  };
  /** A running question whose clock the test moves. */
  const living = (more: Partial<QuestionInput> = {}) => {
    const clock = new SimulatedClock();
    const drafts: Draft[] = [];
    const actor = createActor(questionMachine, { clock, input: { ...input, paces, ...more } });
    actor.on("*", (draft) => void drafts.push(draft));
    actor.start();
    const hear = (...events: Message[]) => events.forEach((event) => void actor.send(event));
    const state = () => actor.getSnapshot();
    const phase = () => value({ state: state() } as Question);
    return { clock, drafts, hear, state, phase };
  };

  test("begins when at least half of the group are done, and ends before the deadline", () => {
    const { clock, hear, phase, state } = living();
    hear(offered("ant"));
    clock.increment(50_000);
    hear(offered("bee"));
    clock.increment(4_999);
    expect(phase()).toBe("solving");
    // Three times its longest time is less than the floor of five seconds.
    clock.increment(1);
    expect(phase()).toBe("verifying");
    expect(state().context.dossier.withheld).toEqual([
      { author: "cat", cause: "silent while the others waited" },
    ]);
  });

  test("is learned from the silent member's own times", () => {
    const { clock, hear, phase } = living();
    hear(offered("ant"), offered("cat"));
    clock.increment(11_999);
    expect(phase()).toBe("solving");
    clock.increment(1);
    expect(phase()).toBe("verifying");
  });

  test("lasts as long as the phase with whom nothing is known of", () => {
    const { clock, hear, phase } = living({ paces: {} });
    hear(offered("ant"), offered("bee"));
    clock.increment(59_999);
    expect(phase()).toBe("solving");
    clock.increment(1);
    expect(phase()).toBe("verifying");
  });

  test("begins anew whenever one more is done", () => {
    const four = [...group, "dog"];
    const { clock, hear, phase } = living({ group: four, paces: { ...paces, "dog/solve": 1 } });
    hear(offered("ant"), offered("bee"));
    clock.increment(4_000);
    hear(offered("dog"));
    clock.increment(4_999);
    expect(phase()).toBe("solving");
    clock.increment(1);
    expect(phase()).toBe("verifying");
  });

  test("in verifying and voting makes the silent abstain: nothing is verified without them", () => {
    const verifying = living();
    verifying.hear(offered("ant"), offered("bee"), withheld("cat"));
    verifying.hear(verdict("bee", "ant", "accept"), verdict("ant", "bee", "accept"));
    verifying.clock.increment(6_000);
    const [closed] = verifying.drafts.filter((draft) => draft.type === "question.closed");
    expect(closed?.dossier.verified).toEqual([]);
    expect(closed?.dossier.verdicts.filter(({ verifier }) => verifier === "cat")).toMatchObject([
      { verdict: "abstain", text: "silent while the others waited" },
      { verdict: "abstain", text: "silent while the others waited" },
    ]);
    const voting = living();
    voting.hear(offered("ant"), offered("bee"), withheld("cat"));
    for (const author of ["ant", "bee"])
      for (const peer of group.filter((other) => other !== author))
        voting.hear(verdict(peer, author, "accept"));
    voting.hear(ballot("ant", pair, "q/bee"), ballot("bee", pair, "q/bee"));
    voting.clock.increment(8_999);
    expect(voting.phase()).toBe("voting");
    voting.clock.increment(1);
    expect(voting.phase()).toBe("explaining");
    expect(voting.state().context.dossier.winner).toBe("q/bee");
  });

  test("with the winner begins at once", () => {
    const { clock, hear, phase } = living();
    hear(withheld("ant"), withheld("bee"), offered("cat"));
    hear(verdict("ant", "cat", "accept"), verdict("bee", "cat", "accept"));
    clock.increment(11_999);
    expect(phase()).toBe("explaining");
    clock.increment(1);
    expect(phase()).toBe("closing.saying");
  });

  test("patience that was in vain counts as time taken: it grows with who stays silent", () => {
    const { clock, hear, drafts } = living();
    const at = (message: Message, seconds: number): Message => ({ ...message, at: seconds * 1000 });
    const posed = { question: "q", round: 0, author: "ant", adapter: 0, difficulty: 1, text: "2+2" };
    hear(
      said("question.posed", { ...posed, group: [...group] }),
      at(offered("ant"), 2),
      at(offered("cat"), 3),
    );
    clock.increment(12_000);
    hear(at(verdict("bee", "ant", "refuse"), 9), at(verdict("ant", "cat", "refuse"), 4));
    expect(drafts.findLast((draft) => draft.type === "question.closed")?.paces).toEqual({
      ...{ "ant/solve": 2, "cat/solve": 3, "bee/solve": 12, "bee/verify": 7, "ant/verify": 1 },
    });
  });
});

describe("the hand-over to the referee", () => {
  const closing = accepted(solved(begin(), "cat"), "cat").send(explained("cat"));
  const again = closing.send(after("handOver", "question.closing.saying"));

  test("is made again, with the same dossier, until the question is heard to be settled", () => {
    expect(typesOf(closing.last)).toEqual(["question.closed"]);
    const disturbed = closing.send(verdict("ant", "bee", "refuse"), lapsed("bee"), left("ant"));
    const repeated = disturbed.send(after("handOver", "question.closing.saying"));
    expect(again.last).toEqual(closing.last);
    expect(repeated.last).toEqual(closing.last);
    expect(repeated.send(settledOf("q", ["cat"])).state.status).toBe("done");
  });

  test("ends where the question is void for whoever reads the journal", () => {
    const voided = { question: "q", round: 0, author: "ant", adapter: 0, text: "", reason: "failed" };
    expect(closing.send(said("question.voided", voided)).state.status).toBe("done");
  });

  test("has a deadline, and is made at even intervals before it", () => {
    const clock = new SimulatedClock();
    const closed: Draft[] = [];
    const actor = createActor(questionMachine, { clock, input });
    actor.on("question.closed", (draft) => void closed.push(draft));
    actor.start();
    const refusals = group.map((author) => verdict(author === "ant" ? "bee" : "ant", author, "refuse"));
    for (const event of [...group.map(offered), ...refusals]) actor.send(event);
    expect(closed).toHaveLength(1);
    clock.increment(2_999);
    expect(closed).toHaveLength(1);
    clock.increment(1);
    expect(closed).toHaveLength(2);
    clock.increment(57_000);
    expect(actor.getSnapshot().status).toBe("done");
  });
});

describe("members that leave", () => {
  test("owe no solution", () => {
    const two = begin().send(offered("ant"), left("cat"), offered("bee"));
    expect(value(two)).toBe("verifying");
    expect(two.state.context.dossier.withheld).toEqual([{ author: "cat", cause: "left the group" }]);
  });

  test("mid-verification abstain in everything they owe", () => {
    const going = solved(begin(), "ant", "bee").send(
      verdict("bee", "ant", "accept"),
      verdict("ant", "bee", "accept"),
      left("cat"),
    );
    expect(value(going)).toBe("closing.saying");
    expect(dossierIn(going)?.verified).toEqual([]);
    expect(dossierIn(going)?.verdicts.map(({ verdict }) => verdict)).toEqual([
      "accept",
      "accept",
      "abstain",
      "abstain",
    ]);
  });

  test("are not waited for in what others offer later", () => {
    const gone = begin().send(offered("cat"), left("cat"), offered("ant"), offered("bee"));
    const decided = gone.send(
      verdict("bee", "ant", "accept"),
      verdict("ant", "bee", "accept"),
      verdict("ant", "cat", "accept"),
      verdict("bee", "cat", "accept"),
    );
    expect(dossierIn(decided)?.verified).toEqual(["q/cat"]);
    expect(value(decided)).toBe("closing.saying");
  });

  test("are not waited for in votes that open later, nor for an explanation", () => {
    const gone = solved(begin(), "ant", "bee").send(
      verdict("cat", "ant", "accept"),
      verdict("cat", "bee", "accept"),
      left("cat"),
      verdict("bee", "ant", "accept"),
      verdict("ant", "bee", "accept"),
    );
    expect(value(gone)).toBe("voting");
    const voted = gone.send(ballot("ant", pair, "q/ant"), left("ant"), ballot("bee", pair, "q/ant"));
    expect(value(voted)).toBe("closing.saying");
    expect(dossierIn(voted)?.winner).toBe("q/ant");
  });

  test("while they should explain end the wait", () => {
    const going = accepted(solved(begin(), "cat"), "cat");
    expect(value(going.send(left("bee")))).toBe("explaining");
    expect(value(going.send(left("cat")))).toBe("closing.saying");
  });
});

describe("members that lapse", () => {
  test("are excused: the others' consensus counts", () => {
    const going = solved(begin(), "ant", "bee").send(
      verdict("bee", "ant", "accept"),
      verdict("ant", "bee", "accept"),
      lapsed("cat"),
    );
    expect(value(going)).toBe("voting");
    expect(going.state.context.dossier).toMatchObject({ absent: ["cat"], verified: ["q/ant", "q/bee"] });
    const voted = going.send(ballot("ant", pair, "q/ant"), ballot("bee", pair, "q/ant"));
    expect(dossierIn(voted.send(explained("ant")))).toMatchObject({ absent: ["cat"], winner: "q/ant" });
  });

  test("take back an abstention, but no refusal", () => {
    const abstained = solved(begin(), "ant").send(verdict("cat", "ant", "abstain"), lapsed("cat"));
    expect(value(abstained)).toBe("verifying");
    expect(dossierIn(abstained.send(verdict("bee", "ant", "accept"), explained("ant")))?.verified).toEqual([
      "q/ant",
    ]);
    const refused = solved(begin(), "ant").send(
      ...[lapsed("cat"), verdict("cat", "ant", "refuse"), verdict("bee", "ant", "accept")],
    );
    expect(dossierIn(refused)?.verified).toEqual([]);
  });

  test("come too late with a refusal of what counts as verified", () => {
    const polling = solved(begin(), "ant", "bee").send(
      ...[verdict("bee", "ant", "accept"), verdict("ant", "bee", "accept"), lapsed("cat")],
      verdict("cat", "ant", "refuse"),
    );
    expect(polling.state.context.dossier.verified).toEqual(["q/ant", "q/bee"]);
    expect(polling.state.context.dossier.verdicts.map(({ verifier }) => verifier)).toEqual(["bee", "ant"]);
  });

  test("leave nothing verified where nobody else is left to verify", () => {
    const alone = solved(begin(), "ant").send(lapsed("bee"), lapsed("cat"));
    expect(dossierIn(alone)).toMatchObject({ absent: ["bee", "cat"], verified: [] });
  });

  test("owe no solution; one they have offered stays", () => {
    const early = begin().send(offered("cat"), lapsed("cat"), lapsed("bee"), offered("ant"));
    expect(value(early)).toBe("verifying");
    const { dossier } = early.state.context;
    expect(dossier.solutions.map(({ author }) => author)).toEqual(["cat", "ant"]);
    expect(dossier.withheld).toEqual([{ author: "bee", cause: "absent" }]);
  });

  test("while they should explain end the wait", () => {
    const going = accepted(solved(begin(), "cat"), "cat");
    expect(value(going.send(lapsed("bee")))).toBe("explaining");
    expect(value(going.send(lapsed("cat")))).toBe("closing.saying");
  });
});

describe("components", () => {
  test("without validVote every solution counts", () => {
    const free = solved(without({ validVote: false }), "ant", "bee");
    expect(value(free)).toBe("voting");
    expect(free.state.context.dossier.verified).toEqual(["q/ant", "q/bee"]);
  });

  test("without qualityVote nobody votes and the lot decides, whoever came first", () => {
    const unrated = accepted(solved(without({ qualityVote: false }), "ant", "bee"), "ant", "bee");
    expect(value(unrated)).toBe("explaining");
    expect(unrated.state.context.dossier).toMatchObject({ duels: [], winner: "q/bee" });
    const reversed = accepted(solved(without({ qualityVote: false }), "bee", "ant"), "ant", "bee");
    expect(reversed.state.context.dossier.winner).toBe("q/bee");
    expect(typesOf(unrated.drafts)).not.toContain("ballot.opened");
  });

  test.each([
    ["explanation", { explanation: false }],
    ["the elite history, which is where explanations are read,", { eliteIcl: false }],
  ])("without %s nobody is asked for one", (_, off) => {
    const mute = accepted(solved(without(off), "ant"), "ant");
    expect(value(mute)).toBe("closing.saying");
    expect(dossierIn(mute)?.winner).toBe("q/ant");
    expect(typesOf(mute.drafts)).not.toContain("winner.elected");
  });
});

describe("any order of events", () => {
  const member = fc.constantFrom(...group, "dog");
  const choice = fc.constantFrom("q/ant", "q/bee", "q/cat", undefined);
  const given = fc.constantFrom<Verdict["verdict"]>("accept", "refuse", "abstain");
  const named = fc.constantFrom(pair, "q/ant|q/cat", "q/bee|q/cat");
  const spoken: fc.Arbitrary<Message | ReturnType<typeof deadline>> = fc.oneof(
    member.map(offered),
    member.map(withheld),
    fc.tuple(member, member, given).map((all) => verdict(...all)),
    fc.array(fc.tuple(member, member, given), { maxLength: 4 }).map((all) => verdicts(...all)),
    fc.tuple(member, named, choice).map((all) => ballot(...all)),
    fc
      .tuple(member, fc.array(fc.tuple(named, choice), { maxLength: 4 }))
      .map(([voter, all]) => ballots(voter, ...all)),
    member.map(explained),
    member.map(left),
    member.map(lapsed),
    fc
      .constantFrom("solving", "verifying", "voting", "explaining")
      .map((path): ReturnType<typeof deadline> => deadline(path)),
  );
  const deadlines = ["solving", "verifying", "voting", "explaining", "closing"].map(deadline);
  const heard = fc.array(spoken, { maxLength: 60 });

  test("leaves a question with exactly one outcome", () => {
    fc.assert(
      fc.property(heard, (events) => {
        const ended = begin().send(...events, ...deadlines);
        expect(ended.state.status).toBe("done");
        const outcomes = typesOf(ended.drafts).filter((type) => type.match(/closed|voided/));
        expect(outcomes).toHaveLength(1);
      }),
    );
  });

  test("verifies a solution only if every peer but the absent said yes and nobody said no", () => {
    fc.assert(
      fc.property(heard, (events) => {
        const dossier = dossierIn(begin().send(...events, ...deadlines));
        for (const solutionId of dossier?.verified ?? []) {
          const on = dossier?.verdicts.filter((given) => given.solutionId === solutionId) ?? [];
          const yes = new Set(on.filter(({ verdict }) => verdict === "accept").map((one) => one.verifier));
          const absent = dossier?.absent ?? [];
          const peers = group.filter((peer) => `q/${peer}` !== solutionId && !absent.includes(peer));
          expect(peers.length).toBeGreaterThan(0);
          expect(peers.every((peer) => yes.has(peer))).toBe(true);
          expect(on.map(({ verdict }) => verdict)).not.toContain("refuse");
        }
      }),
    );
  });

  test("hears every member once", () => {
    fc.assert(
      fc.property(heard, (events) => {
        const { dossier } = begin().send(...events).state.context;
        const keys = [
          ...[...dossier.solutions, ...dossier.withheld].map(({ author }) => author),
          ...dossier.verdicts.map(({ solutionId, verifier }) => `${solutionId} by ${verifier}`),
          ...dossier.ballots.map((cast) => `${cast.pair} by ${cast.voter}`),
        ];
        expect(new Set(keys).size).toBe(keys.length);
        expect(keys.filter((key) => key.endsWith("dog"))).toEqual([]);
      }),
    );
  });
});
