/** Plays scripted societies for tests: small, fast, and each in its own folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { RunEnd } from "../../experiments/result.ts";
import { afterTest, type Closer } from "../../runtime/closings.fixture.ts";
import { type Config, type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import type { Message, MessageOf, MessageType } from "../../runtime/messages.ts";
import type { Script } from "../../runtime/model/scripted.ts";
import type { TrainingBackend } from "../../runtime/training.ts";
import { type Parts, type Run, type RunOptions, runFolder, startRun } from "./host.ts";
import { type ScriptedParts, scriptedParts } from "./scripted-society.ts";

/** Three models that never err and two rounds of two questions; the buffer does not fill, so nothing trains. */
export const societyConfig = (
  overrides: ConfigInput = {},
  env: Readonly<Record<string, string>> = {},
  closer: Closer = afterTest,
): Config => {
  const folder = mkdtempSync(join(tmpdir(), "agora-society-"));
  closer.add(() => rmSync(folder, { recursive: true, force: true }));
  return loadConfig({
    overrides: {
      ...{ run: "test", runsFolder: folder, preset: "paper", pack: "pocket", seed: 3 },
      models: ["ant", "bee", "cat"].map((name) => ({ name, model: name, endpoint: "http://127.0.0.1:9/v1" })),
      ...{ rounds: 2, questionsPerRound: 2, bufferThreshold: 1000, difficultyStart: 3, difficultyMax: 6 },
      ...overrides,
    },
    env,
  });
};

export interface Played<P extends Parts = ScriptedParts> {
  readonly end: RunEnd;
  readonly parts: P;
  /** All messages, in order. */
  readonly heard: readonly Message[];
  /** The records of the journal, in order. */
  readonly records: readonly Message[];
  readonly troubles: readonly string[];
}

export const readRecords = (config: Config): Message[] => {
  const journal = JournalReader.openReadOnly(runFolder(config));
  try {
    return Array.from(journal.records(), ({ message }) => message);
  } finally {
    journal.close();
  }
};

export interface PartsOptions<P extends Parts> extends Omit<RunOptions, "config"> {
  /** Called when the society has started. */
  readonly during?: (run: Run, parts: P) => Promise<void>;
}

export interface PlayOptions extends PartsOptions<ScriptedParts> {
  /** By agent name; other models never err. */
  readonly scripts?: Readonly<Record<string, Script>>;
  readonly training?: TrainingBackend;
  readonly ignoring?: readonly string[];
}

/** Plays until the society ends, and reads its journal. */
export const play = (config: Config, options: PlayOptions = {}): Promise<Played> => {
  const { scripts, training, ignoring = [], ...rest } = options;
  const parts = scriptedParts(config, {
    ignoring,
    ...(scripts === undefined ? {} : { scripts }),
    ...(training === undefined ? {} : { training }),
  });
  return playWith(config, parts, rest);
};

/** The same with given parts. */
export const playWith = async <P extends Parts>(
  config: Config,
  parts: P,
  options: PartsOptions<P> = {},
): Promise<Played<P>> => {
  const { during, ...rest } = options;
  const heard: Message[] = [];
  const troubles: string[] = [];
  const run = await startRun(
    {
      ...rest,
      config,
      onMessage: (message) => {
        heard.push(message);
        rest.onMessage?.(message);
      },
      onTrouble: (where, cause) => void troubles.push(`${where}: ${String(cause)}`),
    },
    parts,
  );
  try {
    await during?.(run, parts);
    const end = await run.ended;
    return { end, parts, heard, records: readRecords(config), troubles };
  } finally {
    await run.close();
  }
};

/** `said` resolves when a message matches. */
export const sayingOf = (matches: (message: Message) => boolean) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { said: promise, onMessage: (message: Message) => void (matches(message) && resolve()) };
};

/** A version's name at its endpoint, in a run that `societyConfig` names. */
export const servedAs = (model: string, version: number): unknown =>
  expect.stringMatching(new RegExp(`^test\\.\\w+\\.${model}@v${version}$`));

export const ofType = <T extends MessageType>(messages: readonly Message[], type: T): MessageOf<T>[] =>
  messages.filter((message): message is MessageOf<T> => message.type === type);
