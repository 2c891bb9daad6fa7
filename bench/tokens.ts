/**
 * Measures the tokens of a settled question against the naive protocol: every verifier is always asked, nothing is
 * aborted, and no prompt's beginning is found in a cache. Scripted models that err write English behind servers with
 * vLLM's latency (paced-server.fixture.ts); what a model says depends on what it reads alone, so that the outcomes can
 * be compared: `same_verified` says whether the same solutions of the same questions were verified, `same_winners` which
 * share of the questions has the same winner.
 *
 * A variant's tokens are those its servers computed: of prompts without what the prefix cache held, and of replies, of
 * aborted calls too. `ledger` is what the client metered of the same calls. Times are of the servers' clock [s].
 *
 * `checks` are the verifiers' calls per question, `least_checks` those that whoever knew all verdicts would make: all of a
 * verified solution, and one of a refused one. `least_of_naive` is `of_naive` with as few checks at the same mean cost:
 * the bound for every order of the verifiers.
 *
 * Variants: `abort` is the default configuration without a prefix cache, `first` asks one verifier first, `prefixes` has a
 * cache, `voters` draws three voters for each question, which may change winners.
 * Defaults: all variants, `--agents 4,8 --wrong 0.3 --rounds 5 --questions 16`.
 */
import { parseArgs } from "node:util";
import type { ConfigInput } from "../runtime/config/config.ts";
import type { Dossier } from "../runtime/messages.ts";
import { printResult, rounded } from "./result.ts";
import { type Played, play, type RoleCounts } from "./tokens-society.ts";

interface Variant {
  readonly name: string;
  readonly cached: boolean;
  readonly overrides: ConfigInput;
}

/** An audit asks everybody and stops nobody. */
const naive = (agents: number): Variant => ({
  name: "naive",
  cached: false,
  overrides: { verifiers: agents - 1, auditShare: 1 },
});

/** A refusal aborts the other checks of a solution in each of them. */
const variants: readonly Variant[] = [
  { name: "abort", cached: false, overrides: {} },
  { name: "first", cached: false, overrides: { firstVerifiers: 1 } },
  { name: "prefixes", cached: true, overrides: {} },
  { name: "first+prefixes", cached: true, overrides: { firstVerifiers: 1 } },
  { name: "first+prefixes+voters", cached: true, overrides: { firstVerifiers: 1, voters: 3 } },
];

/** Computed. */
const tokensOf = ({ computedTokens, completionTokens }: RoleCounts): number =>
  computedTokens + completionTokens;

const totalOf = ({ roles }: Played): number =>
  [...roles.values()].reduce((sum, counts) => sum + tokensOf(counts), 0);

const sumOf = ({ roles }: Played, figure: keyof RoleCounts): number =>
  [...roles.values()].reduce((sum, counts) => sum + counts[figure], 0);

/** Share of the questions, of both runs together, that are in both and have the same of something. */
const sharedBy = (left: Played, right: Played, read: (dossier: Dossier) => unknown): number => {
  const [first, second] = [left, right].map(
    ({ settled }) => new Map(settled.map(({ dossier }) => [dossier.text, JSON.stringify(read(dossier))])),
  ) as [Map<string, string>, Map<string, string>];
  const all = new Set([...first.keys(), ...second.keys()]);
  return [...all].filter((text) => first.get(text) === second.get(text)).length / all.size;
};

/** Checks that decide a solution if the verifiers are asked in the best order: one refusal is enough. */
const leastChecksOf = ({ group, solutions, verdicts }: Dossier): number =>
  solutions
    .map(({ solutionId }) =>
      verdicts.some((given) => given.solutionId === solutionId && given.verdict === "refuse")
        ? 1
        : group.length - 1,
    )
    .reduce((sum, checks) => sum + checks, 0);

const checksIn = (played: Played, reference: Played) => {
  const checking = played.roles.get("verifier");
  const requests = checking?.requests ?? 0;
  const least = played.settled.reduce((sum, { dossier }) => sum + leastChecksOf(dossier), 0);
  const saved = checking === undefined ? 0 : tokensOf(checking) * (1 - least / requests);
  const questions = played.settled.length;
  const naiveTokens = totalOf(reference) / reference.settled.length;
  return {
    ...{ checks: rounded(requests / questions), least_checks: rounded(least / questions) },
    least_of_naive: rounded((totalOf(played) - saved) / questions / naiveTokens),
  };
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const figuresOf = (played: Played, reference: Played) => {
  const questions = played.settled.length;
  const each = (count: number): number => rounded(count / questions);
  const { total } = played.ledger;
  const offered = played.settled.reduce((sum, { dossier }) => sum + dossier.solutions.length, 0);
  const verified = played.settled.reduce((sum, { dossier }) => sum + dossier.verified.length, 0);
  return {
    ...{ questions, verified_share: rounded(verified / offered) },
    same_verified: sharedBy(played, reference, (dossier) => dossier.verified.toSorted()) === 1,
    same_winners: rounded(sharedBy(played, reference, ({ winner = "nobody" }) => winner)),
    tokens_per_question: each(totalOf(played)),
    of_naive: rounded(totalOf(played) / questions / (totalOf(reference) / reference.settled.length)),
    ...checksIn(played, reference),
    prompt: each(sumOf(played, "computedTokens")),
    cached: each(sumOf(played, "cachedTokens")),
    completion: each(sumOf(played, "completionTokens")),
    calls: each(sumOf(played, "requests")),
    aborted: each(sumOf(played, "aborted")),
    roles: Object.fromEntries(
      [...played.roles].map(([role, counts]) => [
        role,
        [each(counts.computedTokens), each(counts.cachedTokens), each(counts.completionTokens)],
      ]),
    ),
    ledger: [each(total.promptTokens), each(total.cachedTokens), each(total.completionTokens)],
    round_seconds: rounded(mean(played.roundSeconds)),
  };
};

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "4,8" },
    wrong: { type: "string", default: "0.3" },
    rounds: { type: "string", default: "5" },
    questions: { type: "string", default: "16" },
    variants: { type: "string", default: variants.map(({ name }) => name).join(",") },
  },
});

const setting = {
  wrong: Number(values.wrong),
  rounds: Number(values.rounds),
  questions: Number(values.questions),
};
const asked = variants.filter(({ name }) => values.variants.split(",").includes(name));
for (const agents of values.agents.split(",").map(Number)) {
  const playVariant = ({ cached, overrides }: Variant): Promise<Played> =>
    play({ ...setting, agents, cached, overrides });
  const reference = await playVariant(naive(agents));
  printResult("tokens", { agents, variant: "naive", ...figuresOf(reference, reference) });
  for (const variant of asked) {
    const figures = figuresOf(await playVariant(variant), reference);
    printResult("tokens", { agents, variant: variant.name, ...figures });
  }
}
