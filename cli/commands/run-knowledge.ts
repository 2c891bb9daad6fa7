/** What the page of a recorded run knows beyond its journal: the right answers, and the prompts as models were asked. */
import { chatFor } from "../../actors/roles/prompting.ts";
import { type Judge, judgeOf, knowsNothing } from "../../dashboard/record/judge.ts";
import { knowsNoPrompt, type PromptOf } from "../../dashboard/record/prompt-of.ts";
import { readStoredConfig } from "../../dashboard/record/stored-config.ts";
import { taskOf } from "../../experiments/tasks/index.ts";
import { loadPack } from "../../prompts/pack.ts";
import type { Config } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import type { Task } from "../../runtime/task.ts";
import { packFolder, packsOf } from "../host/packs.ts";

export interface RunKnowledge {
  readonly judge: Judge;
  readonly promptOf: PromptOf;
  /** What a refusing verdict objects to, if the task can tell. */
  readonly objection?: Task["objection"] | undefined;
  /** What the benchmarks' problems are, if the task says so. */
  readonly aboutBenchmarks?: Task["aboutBenchmarks"] | undefined;
}

const configOf = (folder: string, run: string): Config => {
  const journal = JournalReader.openReadOnly(folder);
  try {
    return readStoredConfig(journal.config, run);
  } finally {
    journal.close();
  }
};

/** If the task is no longer known, the right answers are unknown. */
const taskIn = async (
  config: Config,
): Promise<Pick<RunKnowledge, "judge" | "objection" | "aboutBenchmarks">> => {
  try {
    const task = await taskOf(config);
    const { objection, aboutBenchmarks } = task;
    return { judge: judgeOf(task), objection, aboutBenchmarks };
  } catch {
    return { judge: knowsNothing };
  }
};

/** @throws PackError if a pack is no longer there or has other prompts */
export const promptsOf = (config: Config): PromptOf => {
  const [house, own] = [loadPack(packFolder(config.pack)), packsOf(config.models)];
  return (name, question, examples) => {
    const { system, user } = chatFor({ config, name, pack: own.get(name) ?? house }, "solver", {
      question,
      examples,
    });
    return { user, ...(system === undefined ? {} : { system }) };
  };
};

const promptsIn = (config: Config): PromptOf => {
  try {
    return promptsOf(config);
  } catch {
    return knowsNoPrompt;
  }
};

/** What is no longer known is left out. */
export const knowledgeOfRun = async (folder: string, run: string): Promise<RunKnowledge> => {
  try {
    const config = configOf(folder, run);
    return { ...(await taskIn(config)), promptOf: promptsIn(config) };
  } catch {
    return { judge: knowsNothing, promptOf: knowsNoPrompt };
  }
};
