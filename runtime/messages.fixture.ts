/** Messages for tests: arbitrary ones generated from the schemas, and a hand-written dossier. */
import fc from "fast-check";
import { z } from "zod";
import {
  type Dossier,
  type Draft,
  type Message,
  type MessageOf,
  type MessageType,
  parseMessage,
  schemas,
} from "./messages.ts";

type JsonSchema = z.core.JSONSchema.BaseSchema;

const isSchema = (candidate: unknown): candidate is JsonSchema =>
  typeof candidate === "object" && candidate !== null;

/** Values that JSON preserves: no -0 and no `__proto__` key. */
const json = fc
  .jsonValue({ maxDepth: 4 })
  .map((value): unknown => JSON.parse(JSON.stringify(value)))
  .filter((value) => !JSON.stringify(value).includes("__proto__"));

const textOf = ({ minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> =>
  fc
    .string({ minLength, maxLength: Math.min(maxLength, 40), unit: "grapheme" })
    .filter((text) => text !== "__proto__");

const numberOf = ({ type, minimum, maximum, exclusiveMinimum }: JsonSchema): fc.Arbitrary<number> => {
  const max = maximum ?? 1e300;
  if (type === "integer") return fc.integer({ min: minimum ?? -1000, max: Math.min(max, 2 ** 40) });
  const open = typeof exclusiveMinimum === "number";
  const min = open ? exclusiveMinimum : (minimum ?? -1e300);
  const doubles = fc.double({ min, max, noNaN: true, minExcluded: open });
  return doubles.map((value) => (value === 0 ? 0 : value));
};

const objectOf = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  if (isSchema(schema.additionalProperties)) {
    return fc.dictionary(
      textOf(schema.propertyNames as JsonSchema),
      arbitraryOf(schema.additionalProperties),
      { maxKeys: 4 },
    );
  }
  const fields = Object.entries(schema.properties ?? {}).map(([key, value]) => [
    key,
    arbitraryOf(value as JsonSchema),
  ]);
  return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: schema.required ?? [],
    noNullPrototype: true,
  });
};

const arbitraryOf = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((each) => arbitraryOf(each as JsonSchema)));
  if (schema.type === "string") return textOf(schema);
  if (schema.type === "number" || schema.type === "integer") return numberOf(schema);
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type === "array") return fc.array(arbitraryOf(schema.items as JsonSchema), { maxLength: 4 });
  return schema.type === "object" ? objectOf(schema) : json;
};

export const messageTypes = Object.keys(schemas) as MessageType[];

export const arbitraryMessageOf = <T extends MessageType>(type: T): fc.Arbitrary<MessageOf<T>> =>
  arbitraryOf(z.toJSONSchema(schemas[type], { io: "input" })) as fc.Arbitrary<MessageOf<T>>;

export const arbitraryMessage: fc.Arbitrary<Message> = fc.oneof(
  ...messageTypes.map((type) => arbitraryMessageOf(type) as fc.Arbitrary<Message>),
);

/** Adds the envelope to a draft and validates it. */
export const sealed = (draft: Draft, from = "tester", at = 1_000): Message =>
  parseMessage({ ...draft, from, at });

const author = (agent: string, adapter = 0) => ({ author: agent, adapter });

/**
 * Four models on one question: the solutions of ada and bob are right and verified, that of cyd is refused, dan
 * wrote none. ada wins the vote 3 : 1; only ada is above the mean and admitted.
 */
export const dossier = (question: string, round = 1): Dossier => ({
  question,
  round,
  ...author("bob", 2),
  difficulty: 1.5,
  text: "3+4*2",
  group: ["ada", "bob", "cyd", "dan"],
  solutions: [
    {
      solutionId: `${question}.ada`,
      ...author("ada", 1),
      text: "7,14 → 4",
      answer: "4",
      examples: "",
      exemplars: [],
    },
    {
      solutionId: `${question}.bob`,
      ...author("bob", 2),
      text: "4",
      answer: "4",
      examples: "e",
      exemplars: ["q0"],
    },
    { solutionId: `${question}.cyd`, ...author("cyd"), text: "5", answer: "5", examples: "", exemplars: [] },
  ],
  withheld: [{ author: "dan", cause: "timed out" }],
  verdicts: ["ada", "bob", "cyd"].flatMap((writer) =>
    ["ada", "bob", "cyd"]
      .filter((verifier) => verifier !== writer)
      .map((verifier) => ({
        solutionId: `${question}.${writer}`,
        verifier,
        adapter: 0,
        verdict: writer === "cyd" ? ("refuse" as const) : ("accept" as const),
        text: "checked",
      })),
  ),
  verified: [`${question}.ada`, `${question}.bob`],
  ballots: ["ada", "bob", "cyd", "dan"].map((voter) => ({
    pair: "p1",
    voter,
    adapter: 0,
    choice: `${question}.${voter === "bob" ? "bob" : "ada"}`,
    shownFirst: `${question}.ada`,
    text: "better",
  })),
  duels: [{ first: `${question}.ada`, second: `${question}.bob`, outcome: "first" }],
  winner: `${question}.ada`,
  explanation: { solutionId: `${question}.ada`, ...author("ada", 1), text: "left to right" },
  openedAt: 500,
});

export const settled = (question: string, round = 1): Message =>
  sealed({
    type: "question.settled",
    dossier: dossier(question, round),
    ratings: {
      ada: { mu: 27, sigma: 7 },
      bob: { mu: 24, sigma: 7 },
      cyd: { mu: 25, sigma: 8 },
      dan: { mu: 25, sigma: 8 },
    },
    admissions: [
      { solutionId: `${question}.ada`, author: "ada", admitted: true, reason: "verified and above the mean" },
      { solutionId: `${question}.bob`, author: "bob", admitted: false, reason: "not above the mean" },
      { solutionId: `${question}.cyd`, author: "cyd", admitted: false, reason: "not verified" },
    ],
  });
