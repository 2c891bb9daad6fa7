/**
 * Reads an experiment from its YAML file and resolves the configuration of every run. All problems are reported together
 * in one `ConfigError`, with the file's line, before anything is spent.
 */
import { basename, dirname, extname, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Config, ConfigError, type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import type { ConfigProblem } from "../../runtime/config/config-error.ts";
import { readConfigFile } from "../../runtime/config/config-file.ts";
import type { Budget, Experiment, PlannedRun, Variation } from "./experiment.ts";
import {
  type ExperimentFile,
  fileSchema,
  fixedKeyProblems,
  likeArms,
  nameProblems,
  repeatedSeeds,
  schemaProblems,
} from "./file-problems.ts";
import { type Given, type Keys, keysOf, merged } from "./variation.ts";

/** What the command line has beside the file; it wins over the file. */
export interface ExperimentSources {
  readonly file: string;
  /** Folder of the experiments' folders. */
  readonly runsFolder: string;
  readonly name?: string | undefined;
  /** YAML file with the base configuration. */
  readonly base?: string | undefined;
  /** Keys over those of the base, under those of the arms. */
  readonly keys?: Keys;
  readonly seeds?: readonly number[] | undefined;
  readonly budget?: Budget | undefined;
  readonly problems?: number | undefined;
  /** Further arms: paths by name. */
  readonly arms?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** More than any run has. A goal that is left out would be the preset's. */
const unbounded = 1_000_000;

/** The budget alone ends a run. */
const goalsOf = (budget: Budget): ConfigInput =>
  "tokens" in budget
    ? { tokens: budget.tokens, rounds: unbounded, updates: unbounded }
    : { rounds: budget.rounds, updates: unbounded, tokens: undefined };

interface Resolving {
  readonly name: string;
  readonly file: ExperimentFile;
  readonly base: Keys;
  readonly arms: readonly Variation[];
  readonly tasks: readonly Variation[];
  readonly sources: ExperimentSources;
}

/** The key of the file at which a key of a run's configuration was given. */
export const placeIn = (
  { key, ...problem }: ConfigProblem,
  layers: readonly (readonly [string, Keys])[],
): ConfigProblem => {
  const [head = ""] = key.split(/[.[]/, 1);
  const place = layers.findLast(
    ([, keys]) => Object.hasOwn(keys, head) || (head === "models" && Object.hasOwn(keys, "everyModel")),
  );
  return { ...problem, key: place === undefined ? key : `${place[0]}.${key}` };
};

const runNameOf = ({ name, tasks }: Resolving, arm: Variation, task: Variation, seed: number): string =>
  [name, arm.name, ...(tasks.length > 1 ? [task.name] : []), seed].join("-");

type Resolved = { readonly config: Config } | { readonly problems: readonly ConfigProblem[] };

const resolveRun = (resolving: Resolving, arm: Variation, task: Variation, seed: number): Resolved => {
  const { base, file, sources, name } = resolving;
  const layers = [
    ["base", base],
    [`tasks.${task.name}`, task.keys],
    [`arms.${arm.name}`, arm.keys],
  ] as const;
  const goals = goalsOf(sources.budget ?? file.budget);
  const own = {
    seed,
    run: runNameOf(resolving, arm, task, seed),
    runsFolder: resolve(sources.runsFolder, name),
  };
  const overrides = { ...merged(layers.map(([, keys]) => keys)), ...goals, ...own } as ConfigInput;
  try {
    return { config: loadConfig({ overrides, ...(sources.env ? { env: sources.env } : {}) }) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems.map((problem) => placeIn(problem, layers)) };
  }
};

/** Everything that makes a difference between two arms of one seed and task. */
const essenceOf = ({ run: _run, ...rest }: Config): object => rest;

/** Arms that are the same runs as an earlier arm, or as the base although they name keys. */
const idleArms = (resolving: Resolving, runs: readonly PlannedRun[]): ConfigProblem[] => {
  const { arms, tasks, file } = resolving;
  const [task] = tasks;
  const seed = file.seeds[0] ?? 0;
  if (task === undefined) return [];
  const known = new Map(
    runs
      .filter((run) => run.seed === seed && run.task === task.name)
      .map((run) => [run.arm, essenceOf(run.config)]),
  );
  const base = resolveRun(resolving, { name: "base", keys: {} }, task, seed);
  return arms.flatMap(({ name, keys }, index): ConfigProblem[] => {
    const own = known.get(name);
    const twin = arms.slice(0, index).find((other) => isDeepStrictEqual(known.get(other.name), own));
    const isBase =
      Object.keys(keys).length > 0 && "config" in base && isDeepStrictEqual(essenceOf(base.config), own);
    if (own === undefined || (twin === undefined && !isBase)) return [];
    return [
      {
        key: `arms.${name}`,
        problem: `changes nothing: it is the same as ${twin === undefined ? "the base" : `arm ${twin.name}`}`,
        expected: "an arm that differs from all others",
        fix:
          twin === undefined
            ? "correct its keys, or write {} for the base itself"
            : "remove it, or correct its keys",
      },
    ];
  });
};

const planned = (
  resolving: Resolving,
  seeds: readonly number[],
): { runs: PlannedRun[]; problems: ConfigProblem[] } => {
  const problems = new Map<string, ConfigProblem>();
  const runs = resolving.arms.flatMap((arm) =>
    resolving.tasks.flatMap((task) =>
      seeds.flatMap((seed): PlannedRun[] => {
        const resolved = resolveRun(resolving, arm, task, seed);
        if ("config" in resolved) return [{ arm: arm.name, task: task.name, seed, config: resolved.config }];
        for (const problem of resolved.problems) problems.set(`${problem.key}: ${problem.problem}`, problem);
        return [];
      }),
    ),
  );
  return { runs, problems: [...problems.values()] };
};

const unknownReference = ({ reference, arms }: ExperimentFile): ConfigProblem[] =>
  reference === undefined || Object.hasOwn(arms, reference)
    ? []
    : [
        {
          ...{ key: "reference", problem: `there is no arm "${reference}"` },
          ...{ expected: `one of ${Object.keys(arms).join(", ")}`, fix: "name one of the arms" },
        },
      ];

const variationsOf = (
  given: Readonly<Record<string, Given | null>>,
  folder: string,
  fromOf: (name: string) => string,
): Variation[] =>
  Object.entries(given).map(([name, keys]) => ({ name, keys: keysOf(keys ?? {}, folder, fromOf(name)) }));

/** The file's values, checked, with what the command line has instead. */
const readFile = ({ file, seeds, budget, problems, arms = {} }: ExperimentSources) => {
  const { values, placeOf } = readConfigFile(file, "agora experiment");
  const given = {
    ...values,
    ...(seeds === undefined ? {} : { seeds }),
    ...(budget === undefined ? {} : { budget }),
    ...(problems === undefined ? {} : { problems }),
  };
  const fail = (found: readonly ConfigProblem[]): void => {
    const placed = found.map((problem) => {
      const place = placeOf(problem.key);
      return place === undefined ? problem : { ...problem, place };
    });
    const [first, ...rest] = placed;
    if (first !== undefined) throw new ConfigError([first, ...rest]);
  };
  const checked = fileSchema.safeParse(given);
  if (!checked.success) fail(schemaProblems(checked.error));
  const known = checked.data as ExperimentFile;
  const more = Object.fromEntries(Object.entries(arms).map(([name, path]) => [name, resolve(path)]));
  return { known: { ...known, arms: { ...known.arms, ...more } }, fail };
};

/** @throws ConfigError with every problem */
export const loadExperiment = (sources: ExperimentSources): Experiment => {
  const { known, fail } = readFile(sources);
  const folder = dirname(resolve(sources.file));
  const name = sources.name ?? known.name ?? basename(sources.file, extname(sources.file));
  fail(nameProblems(name, Object.keys(sources.arms ?? {})));
  const inFile = (key: string): string => `${key} in ${sources.file}`;
  const isOfFlag = (arm: string): boolean => Object.hasOwn(sources.arms ?? {}, arm);
  const arms = variationsOf(known.arms, folder, (arm) => (isOfFlag(arm) ? "--arm" : inFile(`arms.${arm}`)));
  const tasks =
    known.tasks === undefined
      ? [{ name: "task", keys: {} }]
      : variationsOf(known.tasks, folder, (task) => inFile(`tasks.${task}`));
  const given =
    sources.base === undefined
      ? keysOf(known.base, folder, inFile("base"))
      : keysOf(resolve(sources.base), ".", "--config");
  const base = { ...given, ...sources.keys };
  fail([
    ...repeatedSeeds(known),
    ...unknownReference(known),
    ...likeArms(known),
    ...[...arms.map((one) => ["arms", one] as const), ...tasks.map((one) => ["tasks", one] as const)].flatMap(
      ([kind, one]) => fixedKeyProblems(`${kind}.${one.name}`, one.keys),
    ),
  ]);
  const resolving: Resolving = { name, file: known, base, arms, tasks, sources };
  const { runs, problems } = planned(resolving, known.seeds);
  fail([...problems, ...idleArms(resolving, runs)]);
  return {
    ...{ name, arms, tasks, runs, seeds: known.seeds, budget: known.budget, problems: known.problems },
    title: known.title ?? name,
    file: resolve(sources.file),
    folder: resolve(sources.runsFolder, name),
    reference: known.reference ?? arms[0]?.name ?? "",
  };
};
