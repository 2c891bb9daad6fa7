/** What a run asks of a model besides its prompts: how many choices at once, and how long a reply may be. */
import { choicesAtOnce } from "../../actors/roles/generator.ts";
import { samplingFor } from "../../actors/roles/prompting.ts";
import { type AskedPrompt, loadPack, type PromptPack } from "../../prompts/pack.ts";
import type { Config, ModelConfig } from "../../runtime/config/config.ts";
import { packFolder } from "../host/packs.ts";

export interface Demands {
  /** Most choices of one call. */
  readonly choices: number;
  /** The longest reply [tokens]. */
  readonly reply: number;
}

/** A pack that cannot be read is the failure of another check. */
const packOf = (reference: string): PromptPack | undefined => {
  try {
    return loadPack(packFolder(reference));
  } catch {
    return undefined;
  }
};

export const demandsOf = (config: Config, { name, pack: own }: ModelConfig): Demands => {
  const pack = packOf(own ?? config.pack);
  if (pack === undefined) return { choices: 2, reply: 0 };
  const roles = Object.keys(pack.settings) as AskedPrompt[];
  const lengths = roles.map((role) => samplingFor({ config, name, pack }, role).maxTokens);
  return { choices: Math.max(2, choicesAtOnce(pack, config.questionsPerRound)), reply: Math.max(...lengths) };
};
