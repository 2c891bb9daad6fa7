/** The run's configuration as stored in its journal. */
import { z } from "zod";
import { AgoraError } from "../../runtime/agora-error.ts";
import { type Config, configSchema } from "../../runtime/config/config-keys.ts";
import { shownEndpoint } from "../../runtime/model/model-error.ts";

/** Ignores keys that another version of Agora wrote. A run's folder may have got any name since, such as `trial.bak`. */
const lenient = z.object({ ...configSchema.shape, run: z.string() });

export class StoredConfigError extends AgoraError<"AGORA_STORED_CONFIG"> {}

/** @throws StoredConfigError that names the first invalid key */
export const readStoredConfig = (text: string, run: string): Config => {
  const given: unknown = text === "" ? {} : JSON.parse(text);
  const result = lenient.safeParse({ models: [], ...(given as object), run });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new StoredConfigError(
    "AGORA_STORED_CONFIG",
    `the configuration in the journal of ${run} cannot be read (${issue?.path.join(".")}: ${issue?.message})`,
    { fix: "open it with the version of agora that wrote it" },
  );
};

/** Removes user names and passwords from addresses; the configuration contains only the names of API keys. */
export const shownConfig = (config: Config): Readonly<Record<string, unknown>> => ({
  ...config,
  ...(config.nats === undefined ? {} : { nats: config.nats.split(",").map(shownEndpoint).join(",") }),
  models: config.models.map((model) => ({ ...model, endpoint: shownEndpoint(model.endpoint) })),
});
