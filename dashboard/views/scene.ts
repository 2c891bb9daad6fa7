/** One question as a story: who posed it, what the models say, how their peers check it, and what is kept. */
import type { Admission, Dossier, Solution, Verdict } from "../../runtime/messages.ts";
import type { Judge } from "../record/judge.ts";
import type { Scene, Speech } from "../view.ts";

/** A question under way, or one that has ended. */
export interface Staged {
  readonly dossier: Dossier;
  /** Of a question that has ended. */
  readonly admissions?: readonly Admission[];
  /** Solutions in all, if the dossier has only the first ones. */
  readonly offered?: number;
  /** Time from posed to settled [s]. */
  readonly seconds?: number;
}

export interface SceneSources {
  readonly judge: Judge;
  /** What a refusing verdict objects to, in words. */
  readonly objection?: ((verdict: string) => string | undefined) | undefined;
}

export const maximumSpeeches = 4;
/** Maximum lengths of a question, of a solution and of an objection [characters]. */
const maximumLengths = { question: 1200, solution: 600, objection: 160 };

const shortened = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length)}…` : text;

/**
 * Solutions that matter: the winner, a refused one, the verified ones, the others; in the order of their offering. Of a
 * question under way the first ones, so that they stay.
 */
const mostTelling = ({ dossier, admissions }: Staged): readonly Solution[] => {
  const { solutions, winner, verified, verdicts } = dossier;
  if (admissions === undefined) return solutions.slice(0, maximumSpeeches);
  const refused = verdicts.find(({ verdict }) => verdict === "refuse")?.solutionId;
  const rank = ({ solutionId }: Solution): number =>
    solutionId === winner ? 0 : solutionId === refused ? 1 : verified.includes(solutionId) ? 2 : 3;
  const chosen = solutions.toSorted((left, right) => rank(left) - rank(right)).slice(0, maximumSpeeches);
  return solutions.filter((solution) => chosen.includes(solution));
};

const refusalOf = ({ verifier, text }: Verdict, { objection }: SceneSources) => ({
  verifier,
  reason: shortened((objection?.(text) ?? text).trim(), maximumLengths.objection),
});

const checkOf = (
  staged: Staged,
  own: readonly Verdict[],
  solution: Solution,
  asked: number,
): Speech["check"] => {
  const { dossier, admissions } = staged;
  if (own.some(({ verdict }) => verdict === "refuse")) return "refused";
  if (admissions !== undefined)
    return dossier.verified.includes(solution.solutionId) ? "agreed" : "undecided";
  return own.filter(({ verdict }) => verdict === "accept").length >= asked ? "agreed" : "waiting";
};

const keptOf = ({ admissions }: Staged, { solutionId }: Solution): Pick<Speech, "kept"> => {
  const admission = admissions?.find((one) => one.solutionId === solutionId);
  if (admission === undefined) return {};
  return { kept: admission.admitted ? "kept" : admission.reason };
};

const speechOf = (
  staged: Staged,
  solution: Solution,
  right: boolean | undefined,
  sources: SceneSources,
): Speech => {
  const { dossier } = staged;
  const { solutionId, author, adapter, text, answer, verifiers } = solution;
  const own = dossier.verdicts.filter((verdict) => verdict.solutionId === solutionId);
  const refusal = own.find(({ verdict }) => verdict === "refuse");
  const asked = verifiers?.length ?? dossier.group.filter((member) => member !== author).length;
  const check = checkOf(staged, own, solution, asked);
  const isPolled = dossier.ballots.length > 0 && check === "agreed";
  return {
    ...{ author, adapter, text: shortened(text, maximumLengths.solution), answer: shortened(answer, 80) },
    ...(right === undefined ? {} : { right }),
    ...{ agreed: own.filter(({ verdict }) => verdict === "accept").length, asked },
    check,
    ...(refusal === undefined ? {} : { refusal: refusalOf(refusal, sources) }),
    ...(isPolled ? { votes: dossier.ballots.filter(({ choice }) => choice === solutionId).length } : {}),
    isWinner: dossier.winner === solutionId,
    ...keptOf(staged, solution),
  };
};

const stageOf = ({ dossier, admissions }: Staged): Scene["stage"] => {
  if (admissions !== undefined) return "settled";
  if (dossier.ballots.length > 0) return "voting";
  return dossier.verdicts.length > 0 ? "checking" : "solving";
};

/** Members that have not answered. */
const silentSpeeches = ({ dossier: { group, solutions } }: Staged): Speech[] =>
  group
    .filter((member) => solutions.every(({ author }) => author !== member))
    .slice(0, maximumSpeeches)
    .map((author) => ({ author, adapter: 0, agreed: 0, asked: 0, check: "waiting", isWinner: false }));

const othersOf = (staged: Staged, speeches: readonly Speech[]): Pick<Scene, "others"> => {
  const { dossier, offered = dossier.solutions.length } = staged;
  if (dossier.group.length <= maximumSpeeches) return {};
  const shown = new Set(speeches.map(({ author }) => author));
  const refused = new Set(
    dossier.verdicts.filter(({ verdict }) => verdict === "refuse").map(({ solutionId }) => solutionId),
  );
  const others = dossier.solutions.filter(({ author }) => !shown.has(author));
  return {
    others: {
      members: dossier.group.length - shown.size,
      answered: Math.max(0, offered - speeches.filter(({ text }) => text !== undefined).length),
      refused: others.filter(({ solutionId }) => refused.has(solutionId)).length,
    },
  };
};

export const sceneOf = (staged: Staged, sources: SceneSources): Scene => {
  const { dossier, seconds } = staged;
  const { question, round, author, adapter, text, ballots } = dossier;
  const solutions = mostTelling(staged);
  const { truth, rule, right } = sources.judge({ question, text, solutions: [...solutions] });
  const spoken = solutions.map((solution) => speechOf(staged, solution, right[solution.solutionId], sources));
  const silent = silentSpeeches(staged);
  const byName = [...spoken, ...silent].toSorted((left, right) => left.author.localeCompare(right.author));
  const isSmall = dossier.group.length <= maximumSpeeches;
  const speeches = (isSmall ? byName : [...spoken, ...silent]).slice(0, maximumSpeeches);
  return {
    ...{ question, round, author, adapter, text: shortened(text, maximumLengths.question) },
    ...(rule === undefined ? {} : { rule }),
    ...(truth === undefined ? {} : { truth }),
    ...{ stage: stageOf(staged), speeches, ...othersOf(staged, speeches), votes: ballots.length },
    ...(seconds === undefined ? {} : { seconds }),
  };
};
