/** Checks the servers of a configuration against each other, the models and the trainers. */
import type { ConfigProblem } from "./config-error.ts";
import type { Config } from "./config-keys.ts";
import type { ModelConfig } from "./model-keys.ts";

type Check = (config: Config) => readonly ConfigProblem[];

/** `http://127.0.0.1:8001/v1` */
const isAt = ({ endpoint }: ModelConfig, port: number): boolean =>
  endpoint !== "pocket" && Number(new URL(endpoint).port) === port;

const distinct =
  (key: "name" | "port"): Check =>
  ({ servers }) =>
    servers.flatMap((server, index) => {
      const earlier = servers.findIndex((other) => other[key] === server[key]);
      if (earlier === index) return [];
      return [
        {
          key: `servers[${index}].${key}`,
          problem: `${server[key]} is already the ${key} of servers[${earlier}]`,
          expected: `a different ${key} for every server`,
          fix: `give one of them another ${key}`,
        },
      ];
    });

const known: Check = ({ servers }) =>
  servers.flatMap(({ kind, command }, index) =>
    kind !== "command" || command !== undefined
      ? []
      : [
          {
            key: `servers[${index}].command`,
            problem: "missing",
            expected: "the program and its arguments, as a list",
            fix: "add it, such as command: [my-server, --port, '{port}']",
          },
        ],
  );

const used: Check = ({ servers, models }) =>
  servers.flatMap(({ port }, index) =>
    models.some((model) => isAt(model, port))
      ? []
      : [
          {
            key: `servers[${index}].port`,
            problem: `no model's endpoint is at port ${port}`,
            expected: "a model with the endpoint that the server is for",
            fix: `set a model's endpoint to http://127.0.0.1:${port}/v1, or leave the server out`,
          },
        ],
  );

/** Each vLLM or llama-server serves one base model. */
const single: Check = ({ servers, models }) =>
  servers.flatMap(({ kind, port }, index) => {
    const ids = new Set(models.filter((model) => isAt(model, port)).map(({ model }) => model));
    if (ids.size < 2 || (kind !== "vllm" && kind !== "llamacpp")) return [];
    return [
      {
        key: `servers[${index}].port`,
        problem: `${[...ids].join(", ")} are all at port ${port}, but ${kind} serves one of them`,
        expected: "one model id for each such server",
        fix: "give each its own server and port",
      },
    ];
  });

const convertible: Check = ({ servers }) =>
  servers.flatMap(({ kind, converter }, index) =>
    kind === "llamacpp" || converter === undefined
      ? []
      : [
          {
            key: `servers[${index}].converter`,
            problem: `${kind} converts no adapters`,
            expected: "a server of kind llamacpp",
            fix: "leave converter out",
          },
        ],
  );

/** Without trainingSlots and trainerDevices the number of slots is known only at the start: no check. */
const trainedSlots: Check = ({
  models,
  trainerDevices,
  trainingSlots = trainerDevices?.length || Number.POSITIVE_INFINITY,
}) =>
  models.flatMap(({ sharesSlots, endpoint }, index) => {
    const key = `models[${index}].sharesSlots`;
    const beyond = sharesSlots.find((slot) => slot >= trainingSlots);
    if (beyond !== undefined) {
      const problem = `there is no training slot ${beyond}`;
      return [
        { key, problem, expected: `slots below ${trainingSlots}`, fix: "correct it, or raise trainingSlots" },
      ];
    }
    if (endpoint !== "pocket" || sharesSlots.length === 0) return [];
    const problem = "an embedded model shares no GPU";
    return [{ key, problem, expected: "a model behind an endpoint", fix: "leave sharesSlots out" }];
  });

const reachableQueue: Check = ({ trainer, nats, lora }) =>
  trainer !== "nats" || nats !== undefined || !lora
    ? []
    : [
        {
          key: "trainer",
          problem: "nats trains over a NATS server, and none is named",
          expected: "the server that `agora trainer` joins",
          fix: "set nats to its URL, or export NATS_URL",
        },
      ];

export const serverChecks: readonly Check[] = [
  distinct("name"),
  distinct("port"),
  known,
  used,
  single,
  convertible,
  trainedSlots,
  reachableQueue,
];
