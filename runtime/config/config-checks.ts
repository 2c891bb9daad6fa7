/** Checks of several keys together: combinations that cannot run, each with its key, expectation and fix. */
import { addressFault } from "../bus/nats-address.ts";
import type { ConfigProblem } from "./config-error.ts";
import type { Config } from "./config-keys.ts";
import type { ModelConfig } from "./model-keys.ts";
import { distinctNames, permittedNames } from "./name-checks.ts";
import { serverChecks } from "./server-checks.ts";
import { nearest } from "./suggest.ts";

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Pocket checkpoints on this machine; if there are none, their names are not checked. */
  readonly checkpoints: readonly string[];
}

type Check = (config: Config, around: Surroundings) => readonly ConfigProblem[];

const groupSize: Check = ({ models }) => {
  if (models.length > 0) return [];
  return [
    {
      key: "models",
      problem: "no models",
      expected: "at least one model, or two for a group that verifies",
      fix: "list one { name, model, endpoint } under models for each member",
    },
  ];
};

/** The next round waits for the jobs of the one before, so that none can begin beside it. */
const oneRoundAtATime: Check = ({ trainAfter, overlap }) => {
  if (trainAfter !== "round" || overlap === 0) return [];
  return [
    {
      key: "overlap",
      problem: `rounds overlap (${overlap}), but each waits for the training of the one before (trainAfter: round)`,
      expected: "0",
      fix: "set overlap to 0, or trainAfter to samples",
    },
  ];
};

const knownCheckpoints: Check = ({ models }, { checkpoints }) =>
  models.flatMap((model, index) => {
    const unknown = model.endpoint === "pocket" && !checkpoints.includes(model.model);
    if (!unknown || checkpoints.length === 0) return [];
    const guess = nearest(model.model, checkpoints);
    return [
      {
        key: `models[${index}].model`,
        problem: `"${model.model}" is no pocket checkpoint`,
        expected: `one of ${checkpoints.join(", ")}`,
        fix: guess
          ? `did you mean "${guess}"?`
          : "choose one of them, or set endpoint to the URL that serves it",
      },
    ];
  });

const presentKeys: Check = ({ models }, { env }) =>
  models.flatMap(({ apiKeyEnv, name }: ModelConfig, index) => {
    if (apiKeyEnv === undefined || env[apiKeyEnv]) return [];
    return [
      {
        key: `models[${index}].apiKeyEnv`,
        problem: `the environment variable ${apiKeyEnv} is not set`,
        expected: `the key of ${name}'s endpoint in it`,
        fix: `export ${apiKeyEnv}=…, or leave apiKeyEnv out where the endpoint asks for no key`,
      },
    ];
  });

/** Members whose endpoint takes no adapters play untrained, but not all of them. */
const trainable: Check = ({ lora, models }) => {
  if (!lora || models.length === 0 || models.some(({ adapters }) => adapters)) return [];
  return [
    {
      key: "lora",
      problem: "adapters are to be trained, but no member's endpoint takes one (adapters: false)",
      expected: "an endpoint that takes adapters at run time, or a run without training",
      fix: "serve one with vLLM (--enable-lora) and set its adapters to true, or set lora to false",
    },
  ];
};

const readableAddress: Check = ({ nats }) => {
  const fault = nats === undefined ? undefined : addressFault(nats);
  return fault === undefined ? [] : [{ key: "nats", ...fault }];
};

type NumberKey = { [Key in keyof Config]-?: Config[Key] extends number ? Key : never }[keyof Config];

const notAbove =
  (lower: NumberKey, upper: NumberKey): Check =>
  (config) => {
    if (config[lower] <= config[upper]) return [];
    return [
      {
        key: lower,
        problem: `${config[lower]} is above ${upper} ${config[upper]}`,
        expected: `at most ${upper}`,
        fix: `lower ${lower} or raise ${upper}`,
      },
    ];
  };

const eliteWithinGroup: Check = ({ eliteCount, models }) => {
  if (eliteCount <= models.length || models.length < 2) return [];
  return [
    {
      key: "eliteCount",
      problem: `${eliteCount} elite peers in a group of ${models.length}`,
      expected: "at most as many as there are models",
      fix: `set eliteCount to ${Math.max(1, models.length - 1)}`,
    },
  ];
};

const checks: readonly Check[] = [
  groupSize,
  oneRoundAtATime,
  distinctNames,
  permittedNames,
  knownCheckpoints,
  presentKeys,
  trainable,
  readableAddress,
  notAbove("difficultyMin", "difficultyStart"),
  notAbove("difficultyStart", "difficultyMax"),
  notAbove("targetStart", "targetCap"),
  notAbove("callTimeoutSeconds", "phaseTimeoutSeconds"),
  eliteWithinGroup,
  ...serverChecks,
];

export const problemsOf = (config: Config, around: Surroundings): ConfigProblem[] =>
  checks.flatMap((check) => check(config, around));
