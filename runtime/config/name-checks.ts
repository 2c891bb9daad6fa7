/** Checks of the names of a group's members. Names become keys, subjects and folders. */
import type { ConfigProblem } from "./config-error.ts";
import type { Config } from "./config-keys.ts";

/** What takes part beside the members, and what the page and the command line call them together. */
export const institutions: readonly string[] = [
  ...["supervisor", "trainer", "referee", "historian", "anchor", "attendance"],
  ...["recorder", "host", "operator"],
  ...["question", "questions", "job", "jobs", "model", "models"],
];

/** Names that every JavaScript object has, and those that Windows reserves for devices. */
const inherited = [...Object.getOwnPropertyNames(Object.prototype), "prototype"];
const devices = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** Two names that differ only in case are one folder on many disks. */
const folded = (name: string): string => name.toLowerCase();

const isIn = (names: readonly string[], name: string): boolean => names.map(folded).includes(folded(name));

/** Why neither a member nor a run may have the name; undefined if it may. */
const whyForbidden = (name: string): string | undefined => {
  if (isIn(inherited, name)) return "is a word of the programming language";
  return devices.test(folded(name)) ? "is the name of a device on Windows" : undefined;
};

/** Why no agent may have the name; undefined if it may. */
export const whyNoAgent = (name: string): string | undefined =>
  whyForbidden(name) ?? (isIn(institutions, name) ? "is the name of a part of every run" : undefined);

const renamed = (name: string): string => `my-${folded(name).replaceAll("_", "")}`;

export const distinctNames = ({ models }: Pick<Config, "models">): ConfigProblem[] =>
  models.flatMap(({ name }, index) => {
    const earlier = models.findIndex((model) => folded(model.name) === folded(name));
    if (earlier === index) return [];
    const same = models[earlier]?.name === name ? "is already" : "differs only in case from";
    return [
      {
        key: `models[${index}].name`,
        problem: `"${name}" ${same} the name of models[${earlier}]`,
        expected: "a different name for every model",
        fix: `rename one of them, for example to "${name}${index + 1}"`,
      },
    ];
  });

const refusal = (key: string, name: string, why: string | undefined): ConfigProblem[] => {
  if (why === undefined) return [];
  const fix = `rename it, for example to "${renamed(name)}"`;
  return [{ key, problem: `"${name}" ${why}`, expected: "a name that nothing else has", fix }];
};

export const permittedNames = ({ run, models }: Pick<Config, "run" | "models">): ConfigProblem[] => [
  ...refusal("run", run, whyForbidden(run)),
  ...models.flatMap(({ name }, index) => refusal(`models[${index}].name`, name, whyNoAgent(name))),
];
