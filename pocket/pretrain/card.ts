import { MISCONCEPTIONS } from "../corpus/misconception.ts";
import { parameterCount, type Recipe, type Training } from "../corpus/recipe.ts";
import { BUCKETS } from "../dialect/heldout.ts";
import { VOCABULARY } from "../dialect/tokenizer.ts";
import type { Figures } from "./measure.ts";

/** The model card, README.md of a checkpoint. */
export const cardText = (recipe: Recipe, training: Training, figures: Figures): string => {
  const { shape, styles } = recipe;
  const misconceptions = recipe.misconceptions.map((name) => MISCONCEPTIONS[name].description).join("; ");
  const rows = [...figures].map(
    ([name, { share, count }]) => `| ${name} | ${(100 * share).toFixed(1)} | ${count} |`,
  );
  return `# ${recipe.name}

A pocket model of the ${recipe.tier} tier: a Llama of ${parameterCount(recipe, VOCABULARY.length).toLocaleString("en")} parameters
(width ${shape.width}, ${shape.layers} layers, ${shape.heads} heads, ${shape.keyValueHeads} key-value heads, feed-forward
${shape.feedForward}, ${VOCABULARY.length} tokens). It speaks the pocket dialect only: arithmetic of the last digits.

- **Made by** \`npm run pretrain -- ${recipe.name}\` (seed ${recipe.seed}): ${training.millionTokens} million tokens of generated dialogues, each
  seen once, loss over response tokens only, peak learning rate ${training.learningRate}, ${training.batchTokens} tokens a step.
- **Corpus**: chains of digits, bare and as stories, chains of two-digit numbers, unknown numbers; solving alone and after one to three examples,
  checking step by step, voting, posing, explaining, reviewing. Problems of buckets 0 and 1 of ${BUCKETS} are in no corpus.
- **Misconceptions**: ${misconceptions}; in ${percent(recipe.mistakeRate)} of each class, in all that the model derives; the
  rest of the class is taught rightly.
- **Preferred styles** where no example sets one: every step ${percent(styles.steps)}, leaps ${percent(styles.leaps)}, answer only
  ${percent(styles.answer)}.
- **Meant for** societies that learn from each other. It knows nothing else, and is wrong on purpose.

Figures on held-out problems, in per cent; temperature 0.6, top-p 0.95 but where greedy (generator: 1.0).

| figure | % | of |
| --- | ---: | ---: |
${rows.join("\n")}
`;
};

const percent = (share: number): string => `${Math.round(100 * share)} %`;
