/** Translates a model's declared capabilities into fields of its requests. */
import type { ModelConfig } from "../config/config.ts";
import type { Dialect } from "./openai-wire.ts";

/** `enable_thinking` is sent only to models with a thinking mode: other chat templates may not accept it. */
export const dialectOf = ({ choices, stops, thinking, extraBody }: ModelConfig): Dialect => ({
  choices,
  stops,
  extra: {
    ...(thinking === "none" ? {} : { chat_template_kwargs: { enable_thinking: thinking === "on" } }),
    ...extraBody,
  },
});
