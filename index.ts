/**
 * The public interface: everything that `@agora-society/agora` exports. Other modules may change at any time.
 *
 *     const config = loadConfig({ overrides: { rounds: 5 } });
 *     const run = await startRun({ config }, await standardParts(config));
 *     await run.ended;
 *     await run.close();
 */

export { type AgentPlan, type AgentType, planOf, type Tools } from "./actors/agent.ts";
export { askModel, askOnce, type Question, type Reply } from "./actors/roles/ask.ts";
export {
  type Parts,
  type Run,
  type RunOptions,
  runFolder,
  startRun,
} from "./cli/host/host.ts";
export { standardParts } from "./cli/host/parts.ts";
export { type PlayOptions, playRun } from "./cli/host/play.ts";
export { type Baseline, BaselineError, baselineOf } from "./experiments/baselines/baseline.ts";
export type { Draw, Drawn, Lab } from "./experiments/baselines/lab.ts";
export type { Flaw, Lesson, Made, Path } from "./experiments/baselines/lesson.ts";
export { type RunEnd, type RunResult, resultBlock } from "./experiments/result.ts";
export { TaskError, taskOf } from "./experiments/tasks/index.ts";
export type { Rater } from "./machines/referee.ts";
export {
  type PocketModel,
  type PocketServer,
  PocketServerError,
  type PocketServerOptions,
  servePocket,
} from "./pocket/server/serve.ts";
export { PackError } from "./prompts/error.ts";
export {
  type AskedPrompt,
  type Chat,
  type FewShotExample,
  loadPack,
  type OutputSchema,
  type PromptName,
  type PromptPack,
  type ReplyForm,
} from "./prompts/pack.ts";
export {
  type Bus,
  BusError,
  type BusErrorCode,
  type BusStatus,
  type Delivery,
  type DeliveryHandler,
  type RequestOptions,
  type Subscription,
} from "./runtime/bus/bus.ts";
export { createMemoryBus, type MemoryBusOptions } from "./runtime/bus/bus-memory.ts";
export { connectNatsBus, type NatsBusOptions } from "./runtime/bus/bus-nats.ts";
export {
  type Config,
  ConfigError,
  type ConfigInput,
  type ConfigProblem,
  type ConfigSources,
  loadConfig,
  type ModelConfig,
} from "./runtime/config/config.ts";
export { JournalError } from "./runtime/journal/journal-error.ts";
export { JournalReader, type JournalRecord } from "./runtime/journal/journal-reader.ts";
export {
  type Accuracy,
  type Admission,
  type Ballot,
  type Dossier,
  type Draft,
  type Duel,
  type Exemplar,
  type Explanation,
  type Message,
  MessageError,
  type MessageOf,
  type MessageType,
  type Pair,
  parseMessage,
  type Rating,
  type Sample,
  type Solution,
  type Strategy,
  schemas,
  type Tokens,
  type Verdict,
} from "./runtime/messages.ts";
export type {
  Model,
  ModelCall,
  ModelReply,
  Probe,
  ReplySchema,
  Usage,
  UsageListener,
} from "./runtime/model/model.ts";
export { ModelError, type ModelErrorCode } from "./runtime/model/model-error.ts";
export { openaiModel } from "./runtime/model/openai-model.ts";
export { type Script, scriptedModel } from "./runtime/model/scripted.ts";
export { PluginError } from "./runtime/plugin/plugin-error.ts";
export type { Problem, RoleCase, RoleReader, Task, TaskView, Validation } from "./runtime/task.ts";
export {
  type TrainedAdapter,
  type TrainingBackend,
  TrainingError,
  type TrainingOrder,
  type TrainingSample,
  type TrainingStep,
} from "./runtime/training.ts";
