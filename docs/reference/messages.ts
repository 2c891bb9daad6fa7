/** Generates docs/messages.md from the schemas of the messages and their comments. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import * as parts from "../../runtime/message-parts.ts";
import { durableKey, type parseMessage, schemas } from "../../runtime/messages.ts";
import { code, prose, table } from "./table.ts";

type AnySchema = z.core.$ZodType;

const sourceOf = (name: string): string =>
  readFileSync(new URL(`../../runtime/${name}`, import.meta.url), "utf8");

const owner = /^(?: {2}"([\w.]+)": message\(|export const (\w+) = )/;
const field = /^\s+(\w+):/;

/**
 * Doc comments of schemas, from their source. Keys are `Owner` or `Owner.field`; an owner is the type of a message or
 * an exported constant.
 */
export const commentsIn = (source: string): ReadonlyMap<string, string> => {
  const comments = new Map<string, string>();
  let [current, pending] = ["", ""];
  const lines = source
    .replaceAll(/\/\*\*([\s\S]*?)\*\//g, (_, text: string) => `@@${oneLine(text)}`)
    .split("\n");
  for (const line of lines) {
    const [, comment] = /^\s*@@(.*)$/.exec(line) ?? [];
    if (comment !== undefined) {
      pending = comment;
      continue;
    }
    const [, type, constant] = owner.exec(line) ?? [];
    const named = type ?? constant;
    if (named !== undefined) current = named;
    const [, key] = named === undefined ? (field.exec(line) ?? []) : [];
    if (pending !== "") comments.set(key === undefined ? current : `${current}.${key}`, pending);
    pending = "";
  }
  return comments;
};

const oneLine = (comment: string): string => comment.replaceAll(/\s*\n\s*\*?\s*/g, " ").trim();

const comments: ReadonlyMap<string, string> = new Map([
  ...commentsIn(sourceOf("message-parts.ts")),
  ...commentsIn(sourceOf("messages.ts")),
  ...commentsIn(sourceOf("training-messages.ts")),
  ...commentsIn(sourceOf("operator-messages.ts")),
]);

/** The names of shared schemas, by identity. */
const shared = new Map<AnySchema, string>(
  Object.entries(parts).flatMap(([name, part]) => (part instanceof z.ZodType ? [[part, name]] : [])),
);

const fieldList = (shape: Readonly<Record<string, AnySchema>>): string =>
  Object.entries(shape)
    .map(([key, schema]) => `${key}${schema instanceof z.ZodOptional ? "?" : ""}: ${typeOf(schema)}`)
    .join(", ");

/** The TypeScript type of a schema. */
const typeOf = (schema: AnySchema): string => {
  const name = shared.get(schema);
  if (name !== undefined) return name;
  if (schema instanceof z.ZodOptional) return typeOf(schema.unwrap());
  if (schema instanceof z.ZodArray) return `${typeOf(schema.element)}[]`;
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => JSON.stringify(option)).join(" | ");
  if (schema instanceof z.ZodRecord) return `{ [name]: ${typeOf(schema.valueType)} }`;
  if (schema instanceof z.ZodObject) return `{ ${fieldList(schema.shape)} }`;
  return schema._zod.def.type;
};

const envelope = new Set(["type", "from", "at"]);

/** Of a field that several messages share: their source has it once. */
const sharedComment = (key: string, schema: AnySchema): string => {
  const owners = Object.entries<unknown>(parts).filter(
    ([, fields]) => typeof fields === "object" && fields !== null && Reflect.get(fields, key) === schema,
  );
  return (
    owners.map(([name]) => comments.get(`${name}.${key}`)).find((comment) => comment !== undefined) ?? ""
  );
};

const fieldTable = (owner: string, { shape }: z.ZodObject): string => {
  const fields = Object.entries(shape).filter(([key]) => !envelope.has(key));
  return table(
    ["field", "type", "meaning"],
    fields.map(([key, schema]) => [
      code(schema instanceof z.ZodOptional ? `${key}?` : key),
      code(typeOf(schema)),
      prose(comments.get(`${owner}.${key}`) ?? sharedComment(key, schema)),
    ]),
  );
};

/** Whether messages of this type are written to the journal before they are delivered. */
const isDurable = (type: string): boolean =>
  durableKey({ type, dossier: {}, answers: [] } as unknown as ReturnType<typeof parseMessage>) !== undefined;

const messageSection = ([type, schema]: readonly [string, z.ZodObject]): string[] => [
  `### ${type}`,
  "",
  ...(comments.has(type) ? [prose(comments.get(type) ?? ""), ""] : []),
  ...(isDurable(type) ? ["Durable: written to the journal before it is delivered.", ""] : []),
  fieldTable(type, schema),
  "",
];

const partSection = ([name, part]: readonly [string, unknown]): string[] => {
  if (!(part instanceof z.ZodType)) return [];
  const comment = comments.get(name);
  const body = part instanceof z.ZodObject ? fieldTable(name, part) : `One of ${code(ownWords(part))}.`;
  return [`### ${name}`, "", ...(comment === undefined ? [] : [prose(comment), ""]), body, ""];
};

const ownWords = (part: z.ZodType): string =>
  part instanceof z.ZodEnum ? part.options.map((option) => JSON.stringify(option)).join(" | ") : part.type;

/** Simple types (name, text, …) are explained at the top of the page. */
const isShape = ([name, part]: readonly [string, unknown]): boolean =>
  part instanceof z.ZodType && /^[A-Z]/.test(name);

const shapes = Object.entries(parts)
  .filter(isShape)
  .toSorted(([left], [right]) => (left < right ? -1 : 1));

export const messagesReference = (): string =>
  [
    "<!-- Generated by `npm run reference` from runtime/messages.ts: edit that file. -->",
    "",
    "# Messages",
    "",
    "Everything that agents tell each other is one of these messages. Each has a `type`, the agent it comes `from` and",
    "the time it was sent `at` (milliseconds since 1970), and travels as MessagePack on the subject",
    "`agora.<run>.<sender>.<type>.<id>`, where the id is that of the question, job, model or agent it is about. In the tables",
    "`name` is a name or an id, `text` is text of at most 100,000 characters, `count` a whole number from 0 and `share`",
    "a number from 0 to 1; `?` marks what may be absent. The header `Agora-Term` of what a host sends tells it from one that it",
    "has replaced ([a standby](distribution.md#a-standby)).",
    "",
    "## By type",
    "",
    ...Object.entries(schemas).flatMap(messageSection),
    "## Shapes that several share",
    "",
    ...shapes.flatMap(partSection),
  ].join("\n");
