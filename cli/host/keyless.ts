/** Reading a recorded run calls no endpoint, so it does not need the keys of the run. */
import type { Config } from "../../runtime/config/config.ts";

/** An environment with dummies for them. */
export const keyless = (stored: Partial<Config>): Record<string, string> =>
  Object.fromEntries(
    (stored.models ?? []).flatMap(({ apiKeyEnv }) => (apiKeyEnv ? [[apiKeyEnv, "unused"]] : [])),
  );
