/** What a model's declared capabilities mean for its requests. */
import type { ModelConfig } from "../config/config.ts";
import type { Dialect } from "./openai-wire.ts";

/** A model that can think and one that cannot are told apart: templates without the switch get no word of it. */
export const dialectOf = ({ samples, stops, thinking, extraBody }: ModelConfig): Dialect => ({
  samples,
  stops,
  extra: {
    ...(thinking === "none" ? {} : { chat_template_kwargs: { enable_thinking: thinking === "on" } }),
    ...extraBody,
  },
});
