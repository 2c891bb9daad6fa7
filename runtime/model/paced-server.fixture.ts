/** A model server that answers from a script and takes its time as vLLM does, for tests and benchmarks of speed. */
import type { ModelCall } from "./model.ts";
import {
  type FixtureAnswer,
  type FixturePace,
  type FixtureRequest,
  type ModelFixture,
  startModelFixture,
} from "./model-server.fixture.ts";
import { tokensIn } from "./prefix-cache.fixture.ts";
import { readingOf, type Script } from "./scripted.ts";
import { type LatencyProfile, Overloaded, Serving } from "./serving.fixture.ts";
import { type ServingClock, scaledClock } from "./serving-clock.fixture.ts";

export interface PacedServerOptions {
  /** Id of the base model, also in its errors. */
  readonly model: string;
  readonly script: Script;
  readonly profile: LatencyProfile;
  /** A request does not name its role. */
  readonly roleOf: (request: FixtureRequest) => string;
  /** Default: real time. */
  readonly clock?: ServingClock;
  /** Length of a choice [tokens]. Default: one token for four characters. */
  readonly lengthOf?: (call: ModelCall, text: string) => number;
}

export interface PacedServer extends ModelFixture {
  /** Its slots, its queue and what it has counted, by role. */
  readonly serving: Serving;
}

const textOf = ({ messages }: FixtureRequest, role: string): string =>
  messages
    .filter((message) => message.role === role)
    .map(({ content }) => content)
    .join("\n");

const callOf = (request: FixtureRequest, role: string): ModelCall => ({
  role,
  system: textOf(request, "system") || undefined,
  prompt: textOf(request, "user"),
  adapter: request.model,
  n: request.n ?? 1,
  temperature: Number(request.temperature ?? 1),
  topP: Number(request.top_p ?? 1),
  maxTokens: Number(request.max_tokens ?? 16),
  seed: request.seed,
});

/** As a chat template writes them: the tokens of the prompt. */
const chatText = ({ messages }: FixtureRequest): string =>
  messages.map(({ role, content }) => `<|${role}|>\n${content}\n`).join("");

const choicesOf = ({ text = "" }: FixtureAnswer, n: number): string[] =>
  Array.from({ length: n }, (_, index) =>
    typeof text === "string" ? text : (text[index % text.length] ?? ""),
  );

export const startPacedServer = async ({
  model,
  script,
  profile,
  roleOf,
  clock = scaledClock(),
  lengthOf = (_, text) => tokensIn(text),
}: PacedServerOptions): Promise<PacedServer> => {
  const serving = new Serving(profile, clock);
  const reply = readingOf(script, model);
  const pace: FixturePace = {
    load: () => serving.load(),
    serve: async (request, answer, signal) => {
      const call = callOf(request, roleOf(request));
      const completions = choicesOf(answer, request.n ?? 1).map((text) => Math.max(1, lengthOf(call, text)));
      const asked = {
        label: call.role,
        prompt: chatText(request),
        adapter: request.model,
        completions,
      };
      try {
        return { ...answer, ...(await serving.serve(asked, signal)) };
      } catch (error) {
        if (!(error instanceof Overloaded)) throw error;
        const seconds = clock.realSeconds(error.retryAfterSeconds);
        return { fail: 429, headers: { "retry-after": String(seconds) } };
      }
    },
  };
  const fixture = await startModelFixture((request) => reply(callOf(request, roleOf(request))), {
    model,
    pace,
  });
  return { ...fixture, serving };
};
