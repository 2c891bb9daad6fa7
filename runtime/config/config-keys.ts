/**
 * Every key of a run's configuration, one flat list. The defaults here are the paper's, or ours where the paper
 * is silent; each description ends with the unit in brackets, where there is one, and the source.
 */
import { z } from "zod";
import { modelSchema, reference, seconds, word } from "./model-keys.ts";
import { natsKeys } from "./nats-keys.ts";
import { panelKeys } from "./panel-keys.ts";
import { serverSchema } from "./server-keys.ts";
import { trainerKeys } from "./trainer-keys.ts";
import { trainingKeys } from "./training-keys.ts";

const text = z.string().min(1);
const share = z.number().min(0).max(1);
const atLeastOne = z.int().min(1);
const component = z.boolean().default(true);

const runKeys = {
  run: word.describe("Name of the run and of its folder. Default: the time it started."),
  preset: z
    .enum(["paper", "pocket"])
    .default("pocket")
    .describe("Values that stand in for the paper's at a scale."),
  seed: z.int().min(0).default(1).describe("Seed of every random choice."),
  models: z.array(modelSchema).describe("The group (R-group). Source: paper, Table 1."),
  agents: z.array(reference).default([]).describe("Further agent types: registry names or paths of modules."),
  options: z
    .record(word, z.record(text, z.json()))
    .default({})
    .describe("Keys of agent types of your own, by their kind, such as { observer: { words: 40 } }."),
  pack: reference.default("english").describe("Prompt pack: english, pocket or the path of a folder."),
  task: reference
    .default("math")
    .describe("Task that gives topics, anchor and benchmark problems: math, pocket or the path of a module."),
  rater: reference
    .default("trueskill")
    .describe("What rates the authors by the group's votes: trueskill or the path of a module."),
  anchorFile: text
    .optional()
    .describe(
      "Task math: JSON Lines {question, answer} that the external anchor is drawn from; no benchmark.",
    ),
  poolFile: text
    .optional()
    .describe(
      "Task math: JSON Lines {question, answer} that baselines draw training problems from; the society never sees them.",
    ),
  benchmarkFiles: z
    .record(word, text)
    .default({})
    .describe("Task math: JSON Lines {question, answer} by benchmark name; the first is the in-domain one."),
  benchmarks: z
    .array(word)
    .default([])
    .describe(
      "Task math: benchmarks by name, before benchmarkFiles: math500, gsm8k, gpqa-diamond, aime24. Source: paper, Table 1.",
    ),
  benchmarkSamples: z
    .record(word, atLeastOne)
    .default({})
    .describe("Task math: samples per problem by benchmark; 64 for aime24, else 1 [samples]. Source: ours."),
  dataFolder: text
    .optional()
    .describe(
      "Task math: folder of the benchmarks' files, such as gsm8k.parquet; a missing one is downloaded from the Hugging Face hub (HF_TOKEN for gated ones). Default: data.",
    ),
  ...natsKeys,
  runsFolder: text.default("runs").describe("Folder of the runs' folders."),
};

const paceKeys = {
  rounds: atLeastOne.default(100).describe("Most rounds of a run [rounds]. Source: ours."),
  updates: atLeastOne
    .optional()
    .describe(
      "Stop once this many generations of training jobs have ended [generations]. Default: no such bound.",
    ),
  tokens: atLeastOne
    .optional()
    .describe(
      "Stop at the end of the first round after which the ledger holds so many tokens, prompts and completions of all calls [tokens]. Default: no such bound. Source: ours.",
    ),
  questionsPerRound: atLeastOne
    .default(32)
    .describe("Questions posed in one round [questions]. Source: ours."),
  overlap: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe(
      "Share of a round's questions that may still be under way when the next round opens; 0: rounds follow one another. With overlap, V, d, F and the strategy that a round opens with are at most one round old [share]. Source: ours.",
    ),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(0.6)
    .describe("Sampling temperature. Source: paper, solving."),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .default(0.95)
    .describe("Nucleus mass of sampling [share]. Source: paper, solving."),
  exemplars: z
    .int()
    .min(0)
    .default(3)
    .describe("k of H_t = Top_k [interactions]. Source: paper, elite history."),
  zeroShotShare: share
    .default(0.2)
    .describe(
      "Share of solutions always written without elite examples: what the history is worth is known each round. Source: ours.",
    ),
  workAttempts: atLeastOne
    .default(2)
    .describe(
      "Tries at a piece of work whose answer cannot be used, before it is withheld or an abstention, and at an anchor problem whose call fails. Source: ours.",
    ),
  absentAfter: z
    .int()
    .min(0)
    .default(8)
    .describe(
      "Failed solutions, verdicts or batches of questions in a row after which a member counts as absent until it answers again; 0: never [tasks]. Source: ours.",
    ),
  callAttempts: atLeastOne
    .default(5)
    .describe("Tries at one model call when the endpoint fails or is busy [HTTP requests]. Source: ours."),
  outageSeconds: seconds
    .default(1800)
    .describe(
      "How long rounds may last in which no endpoint answers (no connection, timeouts, HTTP 408, 429, 502 to 504) before the run ends with the cause; it can be resumed [s]. Source: ours.",
    ),
  callTimeoutSeconds: seconds.default(300).describe("Bound of one try at a model call [s]. Source: ours."),
  phaseTimeoutSeconds: seconds
    .default(1800)
    .describe("Bound of one phase of a question's life [s]. Source: ours."),
  patienceSeconds: seconds
    .default(120)
    .describe(
      "Least time that a question waits for silent members once at least half of its group are done; after their patience they abstain [s]. Source: ours.",
    ),
  patienceFactor: z
    .number()
    .min(1)
    .default(3)
    .describe(
      "Multiplies a member's own longest recent time for the same kind of work into the patience with it, within phaseTimeoutSeconds. Source: ours.",
    ),
  remarkSeconds: seconds
    .default(120)
    .describe(
      "Most time that a question waits, before its vote, for the agents whose type remarks [s]. Source: ours.",
    ),
};

const curriculumKeys = {
  difficultyStart: z.number().default(1).describe("d_0. Source: paper, Eq. 1."),
  difficultyRate: z.number().min(0).default(0.05).describe("α, the rate of d_t. Source: paper, Eq. 1."),
  difficultyPer: z
    .enum(["interaction", "round"])
    .default("interaction")
    .describe("When Eq. 1 is applied: once for each question that settles, or once a round. Source: ours."),
  difficultySpread: share
    .default(0)
    .describe(
      "Share of a batch posed one level below and above d_t, half of it each: learning on one level alone narrows. Source: ours.",
    ),
  difficultyMin: z
    .number()
    .min(1)
    .default(1)
    .describe(
      "Lower clamp of d_t, the easiest level there is: d never sinks below what can be posed. Source: ours.",
    ),
  difficultyMax: z
    .number()
    .default(6)
    .describe("Upper clamp of d_t: the English pack has six levels. Source: ours."),
  targetStart: share.default(0.5).describe("V_target of the first round [share]. Source: ours."),
  targetWindow: atLeastOne
    .default(10)
    .describe("Rounds in V_target's moving average [rounds]. Source: ours."),
  targetMargin: share.default(0.05).describe("What V_target asks above the average [share]. Source: ours."),
  targetCap: share
    .default(0.7)
    .describe("Upper bound of V_target, where a steady d_t comes to rest [share]. Source: ours."),
};

const strategyKeys = {
  surpriseReading: z
    .enum(["passRate", "rating"])
    .default("passRate")
    .describe("What μ is in Eq. 2: the pass rate V, or the TrueSkill μ. Source: paper, which allows both."),
  surpriseThreshold: z
    .number()
    .gt(0)
    .default(0.04)
    .describe("F_t above which FEM acts. Source: ours, for Eq. 2."),
  surpriseEpsilon: z
    .number()
    .gt(0)
    .default(1e-6)
    .describe("ε, which keeps F_t finite. Source: paper, Eq. 2."),
  surpriseWindow: atLeastOne
    .default(10)
    .describe("Rounds in which μ* is the peak and μ̄ the mean. Source: ours."),
  plateauWindow: z
    .int()
    .min(2)
    .default(5)
    .describe("Rounds compared when looking for a plateau. Source: ours."),
  plateauGain: z
    .number()
    .min(0)
    .default(0.02)
    .describe("A smaller gain in V is a plateau [share]. Source: ours."),
  plateauStep: z
    .number()
    .min(0)
    .default(0.1)
    .describe("A rise of d_t by this much is no plateau, whatever V does [levels]. Source: ours."),
  strategyHold: atLeastOne
    .default(3)
    .describe(
      "Rounds for which a strategy is kept at least, and for which the history is renewed [rounds]. Source: ours.",
    ),
  gapClosed: share
    .default(0.05)
    .describe("Relative gap (μ* − μ̄)/μ* that ends elite-peer learning. Source: ours."),
  eliteCount: atLeastOne
    .default(2)
    .describe("Top-rated peers that teach in elite-peer learning. Source: ours."),
};

const anchorKeys = {
  anchorEvery: atLeastOne.default(5).describe("Rounds between two external anchors [rounds]. Source: ours."),
  anchorSize: atLeastOne
    .default(200)
    .describe("Problems of one anchor measurement [problems]. Source: ours."),
  anchorTolerance: share
    .default(0.02)
    .describe("A loss of anchor accuracy up to this is none [share]. Source: ours."),
  gateLevel: z
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe(
      "Level of the exact one-sided test that a loss has to pass, for each figure, before an adapter is refused or withdrawn [probability]. Source: ours.",
    ),
  driftBound: share
    .default(0.15)
    .describe("Drift between V and anchor accuracy that recalibrates d_t [share]. Source: ours."),
};

/** Serving beside training. */
const servingKeys = {
  servers: z.array(serverSchema).default([]).describe("Servers that `agora up` starts."),
  gpuMemory: z
    .array(z.number().positive())
    .optional()
    .describe(
      "Memory of each GPU, by CUDA's numbers, against which `agora doctor` and a run check the plan of serving and training [GiB]. Default: as nvidia-smi tells; without it nothing is checked.",
    ),
  telemetry: z
    .boolean()
    .default(false)
    .describe(
      "Spans of model calls by OpenTelemetry's GenAI conventions, for the SDK that the process loads (NODE_OPTIONS=--import).",
    ),
  whileTraining: z
    .enum(["wait", "abstain"])
    .default("wait")
    .describe(
      "What becomes of calls to a model whose endpoint sleeps: they wait as long as their work does, or abstain at once.",
    ),
};

const componentKeys = {
  validVote: component.describe(
    "Unanimous verification; off: every solution counts. Source: paper, Table 2.",
  ),
  lora: component.describe("Parametric evolution; off: the weights stay. Source: paper, Table 2."),
  qualityVote: component.describe(
    "Pairwise votes and ratings; off: the lot names the winner. Source: paper, Table 2.",
  ),
  eliteIcl: component.describe("Elite history as few-shot examples. Source: paper, Table 2."),
  randomQGen: component.describe(
    "A random generator each round; off: the first model. Source: paper, Table 2.",
  ),
  difficultyControl: component.describe("Eq. 1; off: d_t stays d_0. Source: paper, Table 2."),
  externalAnchor: component.describe(
    "Measurement on external problems every few rounds; what it finds worse is withdrawn. Source: paper, Table 2.",
  ),
  gate: component.describe(
    "Candidates are measured beside the weights in force before they are published; off: all are published. Source: ours.",
  ),
  explanation: component.describe(
    "The winner explains itself, for the elite history (eliteIcl). Source: paper, Table 2.",
  ),
  dynamicStrategy: component.describe(
    "To elite on a plateau, and back once the gap has closed. Source: paper, Table 2.",
  ),
  fem: component.describe(
    "Where F_t is high, the strategy expected to lower it is chosen (Eq. 2). Source: paper, Table 2.",
  ),
  ratingMute: component.describe(
    "μ_k > μ̄ in Eq. 4's indicator; of no effect while qualityVote is off, where all ratings are equal.",
  ),
};

export const configSchema = z.strictObject({
  ...runKeys,
  ...paceKeys,
  ...panelKeys,
  ...curriculumKeys,
  ...strategyKeys,
  ...anchorKeys,
  ...trainingKeys,
  ...trainerKeys,
  ...servingKeys,
  ...componentKeys,
});

export type Config = Readonly<z.output<typeof configSchema>>;
/** What a file, a preset or a caller may give: every key is optional. */
export type ConfigInput = Partial<z.input<typeof configSchema>>;
