/** What the page's words mean, for readers who have read nothing else. */
export const glossary = {
  accuracy:
    "The share of right answers at the first try, on problems that are kept apart: no model ever trains on them.",
  checks:
    "Every other model works through the solution. It passes only if all of them agree; one objection is enough to reject it.",
  votes: "Solutions that pass are compared in pairs. Every model votes for the better one of each pair.",
  kept: "A solution that passes, of a model above the group's average, becomes an example for the next training.",
  version:
    "Training gives a model a new version: small extra weights (a LoRA adapter) on top of those it was shipped with.",
  base: "The model as it was shipped, before any training in this run.",
  round: "In each round one model, drawn at random, poses a batch of questions.",
  strategy:
    "explore: all models teach. elite: only the best models' solutions are examples. fresh: solutions are written without examples.",
  consensus:
    "Of the solutions that passed all checks, the share that is right by the exact answers, which no model sees.",
  examples: "The models get the group's best solutions as examples in front of each problem.",
  tokens: "The pieces of text that models read and write: what a run costs.",
  measuring:
    "After the run every model answers problems that no model has seen, with its first and its last version.",
  discarded:
    "The question was not asked: it was malformed, a repetition, or one of the problems that are kept apart.",
} as const;

export type Word = keyof typeof glossary;
