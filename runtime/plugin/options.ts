/** The keys that a part of a run declares for itself: those under its name in the configuration's `options`. */
import { z } from "zod";
import { AgoraError } from "../agora-error.ts";
import type { Config } from "../config/config.ts";
import { nearest } from "../config/suggest.ts";

export class OptionsError extends AgoraError<"AGORA_OPTIONS"> {
  /** Such as `options.observer.words`. */
  readonly key: string;

  constructor(key: string, problem: string, known: readonly string[]) {
    const guess = nearest(key.slice(key.lastIndexOf(".") + 1), known);
    const fix = guess === undefined ? "correct the key, or remove it" : `did you mean "${guess}"`;
    super("AGORA_OPTIONS", `${key}: ${problem}`, { expected: `keys among ${known.join(", ")}`, fix });
    this.key = key;
  }
}

/**
 * The values of a part's own keys, with their defaults; a key that it does not declare is an error.
 * @throws OptionsError that names the first key that is wrong
 */
export const optionsOf = <Shape extends z.ZodRawShape>(
  { options }: Pick<Config, "options">,
  name: string,
  keys: Shape,
): z.output<z.ZodObject<Shape>> => {
  const result = z.strictObject(keys).safeParse(options[name] ?? {});
  if (result.success) return result.data as z.output<z.ZodObject<Shape>>;
  const [issue] = result.error.issues;
  const key = ["options", name, ...(issue?.path ?? [])].join(".");
  throw new OptionsError(key, issue?.message ?? "is wrong", Object.keys(keys));
};
