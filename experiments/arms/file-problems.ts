/** What is wrong with an experiment's file, as problems of a configuration: key, place, expectation and fix. */
import { z } from "zod";
import type { ConfigProblem } from "../../runtime/config/config-error.ts";
import { expectationOf } from "../../runtime/config/config-issues.ts";
import { word } from "../../runtime/config/model-keys.ts";
import { nearest } from "../../runtime/config/suggest.ts";
import { fixedKeys } from "./variation.ts";

const layer = z.union([z.string().min(1), z.record(z.string(), z.unknown())]);
const variation = z.union([layer, z.array(layer)], {
  error: "expected a mapping of configuration keys, the path of a file, or a list of these",
});
const count = z.int().min(1);

export const fileSchema = z.strictObject({
  name: word.optional(),
  title: z.string().optional(),
  base: variation.default({}),
  tasks: z.record(word, variation).optional(),
  arms: z.record(word, variation.nullable()),
  seeds: z.array(z.int().min(0)).min(1),
  budget: z.union([z.strictObject({ tokens: count }), z.strictObject({ rounds: count })], {
    error: "expected either { tokens: <count> } or { rounds: <count> }",
  }),
  problems: z.int().min(0).default(400),
  reference: word.optional(),
});

const misfitOf = (name: string): string | undefined => {
  const [issue] = word.safeParse(name).error?.issues ?? [];
  return issue === undefined ? undefined : expectationOf(issue);
};

/** Names that the command line or the name of the file gives: runs get theirs from them. */
export const nameProblems = (name: string, arms: readonly string[]): ConfigProblem[] => {
  const expected = misfitOf(name);
  return [
    ...(expected === undefined
      ? []
      : [
          {
            ...{ key: "name", problem: `${JSON.stringify(name)} does not fit`, expected },
            fix: "give another with --name",
          },
        ]),
    ...arms.flatMap((arm) => {
      const wanted = misfitOf(arm);
      if (wanted === undefined) return [];
      const fix = "name the arm: --arm name=file";
      return [{ key: `arms.${arm}`, problem: "the name does not fit", expected: wanted, fix }];
    }),
  ];
};

export type ExperimentFile = z.output<typeof fileSchema>;

const nameOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (name, part) =>
      typeof part === "number" ? `${name}[${part}]` : name === "" ? String(part) : `${name}.${String(part)}`,
    "",
  );

const unknownKey = (key: string, path: readonly PropertyKey[]): ConfigProblem => {
  const known = path.length === 0 ? Object.keys(fileSchema.shape) : ["tokens", "rounds"];
  const guess = nearest(key, known);
  const fix =
    guess === undefined ? "remove it; keys of a configuration belong under base or an arm" : undefined;
  return {
    ...{ key: nameOf([...path, key]), problem: "unknown key", expected: `one of ${known.join(", ")}` },
    fix: fix ?? `did you mean "${guess}"?`,
  };
};

export const schemaProblems = ({ issues }: z.ZodError): ConfigProblem[] =>
  issues.flatMap((issue): ConfigProblem[] => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, issue.path));
    const isMissing = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
    const misfit = issue.code === "invalid_key" ? "the name does not fit" : "does not fit";
    return [
      {
        ...{ key: nameOf(issue.path), problem: isMissing ? "missing" : misfit },
        expected: expectationOf(issue),
        fix: "correct it (docs/experiments.md)",
      },
    ];
  });

export const repeatedSeeds = ({ seeds }: ExperimentFile): ConfigProblem[] =>
  seeds.flatMap((seed, index) =>
    seeds.indexOf(seed) === index
      ? []
      : [
          {
            ...{ key: `seeds[${index}]`, problem: `seed ${seed} is given twice` },
            ...{ expected: "every seed once: the same run twice is no second sample", fix: "remove it" },
          },
        ],
  );

/** Two names that differ only in case are one folder on many disks. */
export const likeArms = ({ arms }: ExperimentFile): ConfigProblem[] => {
  const names = Object.keys(arms);
  const folded = names.map((name) => name.toLowerCase());
  return names.flatMap((name, index) => {
    const earlier = folded.indexOf(name.toLowerCase());
    if (earlier === index) return [];
    return [
      {
        ...{ key: `arms.${name}`, problem: `differs only in case from arm ${names[earlier]}` },
        ...{ expected: "a different name for every arm", fix: "rename one of them" },
      },
    ];
  });
};

export const fixedKeyProblems = (place: string, keys: object): ConfigProblem[] =>
  fixedKeys
    .filter((key) => Object.hasOwn(keys, key))
    .map((key) => ({
      ...{ key: `${place}.${key}`, problem: "the experiment sets this key, for all runs alike" },
      ...{ expected: "seeds and budget at the top of the file", fix: "remove it" },
    }));
