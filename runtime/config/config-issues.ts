/** Turns the issues that zod reports into `ConfigProblem`s. */
import type { z } from "zod";
import type { ConfigProblem } from "./config-error.ts";
import { configSchema } from "./config-keys.ts";
import { MODEL_ROLES, modelSchema } from "./model-keys.ts";
import { serverSchema } from "./server-keys.ts";
import { nearest } from "./suggest.ts";

type Path = readonly PropertyKey[];

export const problemsOfIssue = (issue: z.core.$ZodIssue, values: unknown): ConfigProblem[] => {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, issue.path));
  const meaning = descriptionOf(issue.path);
  return [
    {
      key: nameOf(issue.path),
      problem:
        issue.code === "invalid_key"
          ? "the name does not fit"
          : problemOf(valueAt(values, issue.path), issue.path),
      expected: expectationOf(issue),
      fix: meaning ? `correct it (${meaning.replace(/\.$/, "")})` : "correct it",
    },
  ];
};

/** The keys of the entries of each list in the configuration. */
const entryShapes: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = {
  models: modelSchema.shape,
  servers: serverSchema.shape,
};

const unknownKey = (key: string, path: Path): ConfigProblem => {
  const known = knownKeys(path);
  const guess = nearest(key, known);
  return {
    key: nameOf([...path, key]),
    problem: "unknown key",
    expected: path.length === 0 ? "a key that docs/configuration.md lists" : `one of ${known.join(", ")}`,
    fix: guess ? `did you mean "${guess}"?` : "remove it",
  };
};

/** The keys known at a path: of the run, of `models[1]`, of `servers[1]`, or by role, as in `models[1].maxTokens`. */
const knownKeys = (path: Path): readonly string[] => {
  if (path.length === 0) return Object.keys(configSchema.shape);
  return path.length === 2 ? Object.keys(entryShapes[String(path[0])] ?? {}) : MODEL_ROLES;
};

/** `models[1].endpoint` */
const nameOf = (path: Path): string => {
  return path.reduce<string>((name, part) => {
    if (typeof part === "number") return `${name}[${part}]`;
    return name === "" ? String(part) : `${name}.${String(part)}`;
  }, "");
};

const valueAt = (values: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part], values);

/** Keys whose values are not shown: apiKeyEnv may hold a key by mistake, and a URL may hold a password. */
const secretive: ReadonlySet<PropertyKey | undefined> = new Set(["apiKeyEnv", "nats", "natsKey", "endpoint"]);

const problemOf = (value: unknown, path: Path): string => {
  if (value === undefined) return "missing";
  if (secretive.has(path.at(-1))) return "its value does not fit";
  return `${JSON.stringify(value)?.slice(0, 60)} does not fit`;
};

/**
 * The expectation in a zod message such as `Invalid input: expected number, received string`. What is wrong with a key of a
 * mapping is an issue within the issue.
 */
export const expectationOf = (issue: z.core.$ZodIssue): string => {
  const { message } = (issue.code === "invalid_key" ? issue.issues[0] : undefined) ?? issue;
  const expectation = /expected (.*?)(?:, received .*)?$/s.exec(message)?.[1];
  return expectation ?? message;
};

const descriptionOf = (path: Path): string | undefined => {
  const [head, index, field] = path;
  const shape: Readonly<Record<string, z.ZodType>> = configSchema.shape;
  const fields = entryShapes[String(head)];
  if (fields && typeof index === "number") return fields[String(field)]?.description;
  return shape[String(head)]?.description;
};
