/** What a command says about members that a run with training leaves untrained. */
import type { Config } from "../../runtime/config/config.ts";

/** Undefined where every member is trained, or none is to be. */
export const untrainedNotice = ({ lora, models }: Pick<Config, "lora" | "models">): string | undefined => {
  const names = models.filter(({ adapters }) => !adapters).map(({ name }) => name);
  if (!lora || names.length === 0) return undefined;
  const [play, their] =
    names.length === 1 ? ["plays", "its endpoint takes"] : ["play", "their endpoints take"];
  return `${names.join(", ")} ${play} untrained: ${their} no adapters (adapters: false)`;
};
