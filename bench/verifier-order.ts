/**
 * Measures how many checks it saves to ask one verifier first (`firstVerifiers: 1`) while the group learns who refuses most:
 * checks of all solutions over those of the naive protocol, in which every peer checks every solution. Members err as those
 * of `bench:tokens` do; a round's questions know what the rounds before have shown. No model and no society is played.
 *
 * Orders: `lot` is any order, `learned` that of a society, `best` knows who refuses most. Means of `--repeats` draws, with the
 * standard error.
 * Defaults: `--agents 4,8,16 --rounds 5 --questions 16 --wrong 0.3 --repeats 200`.
 */
import { parseArgs } from "node:util";
import { foldStanding, type Standing, strictestFirst, unknownStanding } from "../machines/folds/standing.ts";
import { chanceOf, hashOf, normalOf } from "../machines/random.ts";
import type { Dossier, Message, Solution, Verdict } from "../runtime/messages.ts";
import { printResult, rounded } from "./result.ts";
import { groupOf, medianLengths, spread, type Temper } from "./tokens-models.ts";

const orders = ["lot", "learned", "best"] as const;
type Order = (typeof orders)[number];

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "4,8,16" },
    rounds: { type: "string", default: "5" },
    questions: { type: "string", default: "16" },
    wrong: { type: "string", default: "0.3" },
    repeats: { type: "string", default: "200" },
  },
});
const [rounds, questions] = [Number(values.rounds), Number(values.questions)];
const [wrong, repeats] = [Number(values.wrong), Number(values.repeats)];

const names = (group: readonly Temper[]): string[] => group.map(({ name }) => name);

const ordered = (order: Order, group: readonly Temper[], known: Standing, question: string): string[] => {
  if (order === "learned")
    return strictestFirst(names(group), known.strictness, (member) => normalOf("order", question, member));
  if (order === "best") return names(group.toSorted((left, right) => right.refusesWrong - left.refusesWrong));
  return names(group).toSorted((left, right) => hashOf(question, left) - hashOf(question, right));
};

/** What every peer would say of a solution, in the order in which they are asked. */
const verdictsOn = (author: Temper, peers: readonly Temper[], question: string): Verdict[] => {
  const isWrong = chanceOf("wrong", question, author.name) < author.wrong;
  return peers.map(({ name: verifier, refusesWrong, refusesRight }) => {
    const rate = isWrong ? refusesWrong : refusesRight;
    const refuses = chanceOf("refuses", question, author.name, verifier) < rate;
    const deviations = normalOf("length", question, author.name, verifier);
    const length = medianLengths.examination * Math.exp(spread * deviations);
    return {
      ...{ solutionId: author.name, verifier, adapter: 0, text: "" },
      verdict: refuses ? "refuse" : "accept",
      tokens: { prompt: 700, completion: Math.round(length) },
    };
  });
};

/** The first alone if it refuses, else all of them. */
const asked = (verdicts: readonly Verdict[]): readonly Verdict[] =>
  verdicts[0]?.verdict === "refuse" ? verdicts.slice(0, 1) : verdicts;

const settledOf = (group: readonly Temper[], order: readonly string[], question: string): Message => {
  const byName = new Map(group.map((temper) => [temper.name, temper] as const));
  const inOrder = order.flatMap((name) => byName.get(name) ?? []);
  const given = inOrder.map((author) =>
    asked(
      verdictsOn(
        author,
        inOrder.filter((peer) => peer !== author),
        question,
      ),
    ),
  );
  const solutions = given.map((verdicts, place): Solution => {
    const author = inOrder[place]?.name ?? "";
    const said = { adapter: 0, text: "", answer: "", examples: "", exemplars: [] };
    return { solutionId: author, author, ...said, verifiers: verdicts.map(({ verifier }) => verifier) };
  });
  const posed = { question, round: 0, author: "", adapter: 0, difficulty: 0, text: question, openedAt: 0 };
  const rest = { withheld: [], verified: [], ballots: [], duels: [] };
  const dossier: Dossier = { ...posed, ...rest, group: [...order], solutions, verdicts: given.flat() };
  return { type: "question.settled", dossier, ratings: {}, admissions: [], from: "referee", at: 0 };
};

/** Checks of a run over those of the naive protocol. */
const shareOf = (order: Order, group: readonly Temper[], repeat: number): number => {
  let known = unknownStanding;
  let checks = 0;
  for (let round = 0; round < rounds; round += 1) {
    const settled = Array.from({ length: questions }, (_, place) => {
      const question = `${repeat}.${round}.${place}`;
      return settledOf(group, ordered(order, group, known, question), question);
    });
    for (const message of settled) {
      known = foldStanding(known, message, 1);
      if (message.type === "question.settled") checks += message.dossier.verdicts.length;
    }
  }
  return checks / (rounds * questions * group.length * (group.length - 1));
};

for (const agents of values.agents.split(",").map(Number)) {
  const group = groupOf(agents, wrong);
  for (const order of orders) {
    const shares = Array.from({ length: repeats }, (_, repeat) => shareOf(order, group, repeat));
    const mean = shares.reduce((sum, share) => sum + share, 0) / repeats;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / (repeats - 1);
    const error = Math.sqrt(variance / repeats);
    printResult("verifier-order", { agents, order, checks_of_naive: rounded(mean), error: rounded(error) });
  }
}
