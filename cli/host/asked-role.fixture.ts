/** Which role a prompt of a pack asks: requests to a model server do not say. */
import type { AskedPrompt, PromptPack } from "../../prompts/pack.ts";
import { PROMPT_NAMES, PROMPT_VARIABLES } from "../../prompts/template.ts";
import type { FixtureRequest } from "../../runtime/model/model-server.fixture.ts";

const blank = "\u0000";
const roles = PROMPT_NAMES.filter((name): name is AskedPrompt => name !== "example");

/** Between tags, whose names depend on what stands between them. */
const breaks = /\n{2,}|<\/?[\w-]+>/;

/** What every prompt of a role holds, in order. Remarks may be missing, with all that is said around them. */
const fixedParts = (pack: PromptPack, role: AskedPrompt): string[] => {
  const { required, optional } = PROMPT_VARIABLES[role];
  const variables = [...required, ...optional.filter((variable) => !/remarks/i.test(variable))];
  const { user } = pack.chat(role, Object.fromEntries(variables.map((variable) => [variable, blank])));
  return user.split(blank).flatMap((part) => part.split(breaks).map((piece) => piece.trim()));
};

const holds = (text: string, parts: readonly string[]): boolean => {
  let from = 0;
  return parts.every((part) => {
    const at = text.indexOf(part, from);
    from = at + part.length;
    return at >= 0;
  });
};

/** The role whose prompt says most of what the request says. */
export const askedRoleIn = (pack: PromptPack): ((request: FixtureRequest) => AskedPrompt) => {
  const known = roles
    .map((role) => ({ role, parts: fixedParts(pack, role) }))
    .toSorted((left, right) => right.parts.join("").length - left.parts.join("").length);
  return ({ messages }) => {
    const text = messages.at(-1)?.content ?? "";
    const found = known.find(({ parts }) => holds(text, parts));
    if (found === undefined) throw new Error(`no role fits the prompt ${JSON.stringify(text.slice(-200))}`);
    return found.role;
  };
};
