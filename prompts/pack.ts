import { join } from "node:path";
import { type Chat, oneText } from "./chat.ts";
import type { PackDefinition, PromptSettings } from "./definition.ts";
import { readDefinition, readTemplates } from "./files.ts";
import { compileParsers, type Parsers } from "./parsers.ts";
import { type QuoteOptions, quoteVariables } from "./quote.ts";
import { withoutThinking } from "./reading.ts";
import { compileStructure, type OutputSchema, type Structure } from "./structured.ts";
import { type AskedPrompt, PROMPT_NAMES, PROMPT_VARIABLES, type PromptName } from "./template.ts";

export type { Chat } from "./chat.ts";
export type { PromptSettings } from "./definition.ts";
export type { OutputSchema } from "./structured.ts";
export type { AskedPrompt, PromptName } from "./template.ts";

/** An elite interaction as a few-shot example. */
export interface FewShotExample {
  readonly question: string;
  readonly solution: string;
  readonly explanation: string;
}

type PromptVariables = Readonly<Record<string, string>>;

export interface ReplyForm {
  /** Whether the model is asked for structured output. */
  readonly structured?: boolean;
}

export interface PromptPack extends Parsers {
  readonly name: string;
  readonly settings: Readonly<Record<AskedPrompt, PromptSettings>>;
  /** Whether cut-off replies are discarded. */
  readonly whole: boolean;
  /** Throws `PackError` (`pack.variables`) on a variable that is missing or unknown. */
  chat(prompt: PromptName, variables: PromptVariables, form?: ReplyForm): Chat;
  /** The same as one text, for models without a system role. Throws as `chat` does. */
  render(prompt: PromptName, variables: PromptVariables, form?: ReplyForm): string;
  /** The solver's `examples` variable: each example rendered and followed by the pack's separator. */
  examples(list: readonly FewShotExample[]): string;
  /** The schema for a server with structured output; undefined if the prompt has none. */
  schema(prompt: AskedPrompt): OutputSchema | undefined;
  /** The reply without thoughts, and as plain text if it has the form of the prompt's schema. */
  reply(prompt: AskedPrompt, text: string, form?: ReplyForm): string;
}

/** Reads a pack's files (files.ts). Throws `PackError`, which names file and fix. */
export const loadPack = (folder: string): PromptPack => {
  const file = join(folder, "pack.yaml");
  const definition = readDefinition(file);
  const templates = readTemplates(folder, definition);
  const structures = structuresOf(definition, file);
  const parsers = compileParsers(definition.parsers, file);
  const ownValues = ownValuesOf(definition);
  const quoting = quotingOf(definition, parsers);
  const chat: PromptPack["chat"] = (prompt, variables, form = {}) => {
    const own = prompt === "example" ? {} : ownValues[prompt](form.structured ?? false);
    const values = { ...withScale(own, definition.levels, variables), ...variables };
    const quoted = quoting === undefined ? values : quoteVariables(values, quoting);
    const { system, user } = templates[prompt];
    return { system: system?.render(quoted), user: user.render(quoted) };
  };
  const render: PromptPack["render"] = (...given) => oneText(chat(...given));
  return {
    name: definition.name,
    settings: definition.prompts,
    whole: definition.whole,
    chat,
    render,
    examples: (list) => list.map((one) => render("example", { ...one }) + definition.separator).join(""),
    schema: (prompt) => structures[prompt],
    reply: (prompt, text, { structured = false } = {}) => {
      const said = definition.thinking ? withoutThinking(text) : text;
      return (structured ? structures[prompt]?.plain(said) : undefined) ?? said;
    },
    ...parsers,
  };
};

type OwnValues = Readonly<Record<AskedPrompt, (structured: boolean) => PromptVariables>>;

/** The values of the pack for each prompt: its defaults and the form of the reply. */
const ownValuesOf = ({ defaults, prompts }: PackDefinition): OwnValues => {
  const asked = PROMPT_NAMES.filter((name): name is AskedPrompt => name !== "example");
  const entries = asked.map((prompt) => {
    const { structured, ending: plainEnding } = prompts[prompt];
    const { required, optional } = PROMPT_VARIABLES[prompt];
    const known = [...required, ...optional];
    const valuesWith = (ending: string | undefined): PromptVariables => {
      const supplied = { ...defaults, ...(ending === undefined ? {} : { ending }) };
      return Object.fromEntries(Object.entries(supplied).filter(([variable]) => known.includes(variable)));
    };
    const [plain, schematic] = [valuesWith(plainEnding), valuesWith(structured?.ending ?? plainEnding)];
    return [prompt, (isStructured: boolean) => (isStructured ? schematic : plain)] as const;
  });
  return Object.fromEntries(entries) as OwnValues;
};

/** For prompts with a difficulty its place in the scale. One beyond the scale gets the nearest level. */
const withScale = (
  own: PromptVariables,
  levels: readonly string[],
  { difficulty }: PromptVariables,
): PromptVariables => {
  if (difficulty === undefined) return own;
  const place = Math.min(Math.max(1, Math.round(Number(difficulty))), levels.length);
  const rubric = levels.map((level, index) => `${index + 1}. ${level}`).join("\n");
  return { ...own, rubric, level: levels[place - 1] ?? "" };
};

const quotingOf = ({ quote }: PackDefinition, parsers: Parsers): QuoteOptions | undefined => {
  if (quote === undefined) return undefined;
  const concludes = (line: string) =>
    parsers.verdict(line) !== undefined || parsers.ballot(line) !== undefined;
  return { ...quote, concludes };
};

const structuresOf = ({ prompts }: PackDefinition, file: string): Partial<Record<AskedPrompt, Structure>> => {
  const asked = PROMPT_NAMES.filter((name): name is AskedPrompt => name !== "example");
  return Object.fromEntries(
    asked.flatMap((name) => {
      const structure = compileStructure(name, prompts[name], file);
      return structure === undefined ? [] : [[name, structure] as const];
    }),
  );
};
