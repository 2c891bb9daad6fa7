/** The configuration of a process whose agents join a run: that of the run, with what is different on this machine. */
import { type Config, type ConfigInput, loadConfig } from "./config.ts";
import type { ModelConfig } from "./model-keys.ts";

/** What a guest knows better than the host: where its own models are served, and where the runs lie. */
export interface OwnPart {
  readonly models: readonly ModelConfig[];
  readonly runsFolder?: string | undefined;
}

const adapted = (model: ModelConfig, agents: readonly string[], own: OwnPart): ModelConfig => {
  const { apiKeyEnv: _key, ...elsewhere } = model;
  // This process calls its own models only, and needs no key for the others.
  if (!agents.includes(model.name)) return elsewhere;
  return own.models.find(({ name }) => name === model.name) ?? model;
};

/** @throws ConfigError */
export const guestConfig = (
  received: Readonly<Record<string, unknown>>,
  agents: readonly string[],
  own: OwnPart,
): Config => {
  const { remote: _remote, ...values } = received as ConfigInput & { remote?: unknown };
  const models = (values.models ?? []) as ModelConfig[];
  const { runsFolder } = own;
  return loadConfig({
    overrides: {
      ...values,
      models: models.map((model) => adapted(model, agents, own)),
      ...(runsFolder === undefined ? {} : { runsFolder }),
    },
  });
};
