import type { PromptPack } from "../../prompts/pack.ts";
import { BEGIN, END, encode } from "../dialect/tokenizer.ts";
import { checkOf, type Dialogue, DRAWS, lesson, type Role, type Speaker } from "./dialogue.ts";
import { drawPosed } from "./material.ts";
import { mistaken } from "./misconception.ts";
import { type Random, seededRandom } from "./random.ts";
import type { Recipe } from "./recipe.ts";

/** Relative frequency of each role, counted in dialogues. */
const ROLE_ODDS: Readonly<Record<Role, number>> = {
  solver: 36,
  verifier: 50,
  voter: 20,
  generator: 16,
  explainer: 14,
  reviewer: 2,
};

/** The first share of the tokens is a primer: short problems that are solved with all steps shown, or checked. */
const PRIMER_SHARE = 0.25;
const PRIMER_MAXIMUM_DIFFICULTY = 4;

export interface Encoded {
  readonly role: Role;
  /** `<s>`, the dialogue, `</s>`. */
  readonly tokens: readonly number[];
  /** Loss weight of each token; 0 for prompt tokens. `[tokens]` */
  readonly weights: readonly number[];
}

/** The seeded corpus of one model; it ends after `budget` tokens. */
export function* corpus(
  recipe: Recipe,
  pack: PromptPack,
  budget = recipe.training.millionTokens * 1e6,
): Generator<Encoded> {
  const random = seededRandom(recipe.seed);
  const speaker = speakerOf(recipe, random);
  for (let given = 0; given < budget; ) {
    const inPrimer = given < budget * PRIMER_SHARE;
    const encoded = encodeDialogue(
      inPrimer ? drawPrimer(pack, speaker, random) : drawDialogue(pack, speaker, random),
    );
    given += encoded.tokens.length;
    yield encoded;
  }
}

export const speakerOf = (recipe: Recipe, random: Random): Speaker => ({
  compute: mistaken(recipe.misconceptions, recipe.mistakeRate, random),
  styles: recipe.styles,
});

export const drawDialogue = (pack: PromptPack, speaker: Speaker, random: Random): Dialogue => {
  const role = random.weighted(ROLE_ODDS);
  return { role, parts: DRAWS[role](pack, speaker, random) };
};

const drawPrimer = (pack: PromptPack, speaker: Speaker, random: Random): Dialogue => {
  const role = random.weighted({ generator: 2, verifier: 3, solver: 6 });
  if (role === "generator") return { role, parts: DRAWS.generator(pack, speaker, random) };
  if (role === "verifier")
    return { role, parts: checkOf(pack, speaker, random.integer(1, PRIMER_MAXIMUM_DIFFICULTY), random) };
  const difficulties = Array.from({ length: random.integer(1, 3) }, () =>
    random.integer(1, PRIMER_MAXIMUM_DIFFICULTY),
  );
  const problems = difficulties.map((difficulty) => drawPosed(random, difficulty));
  const stepwise = { ...speaker, styles: { steps: 1, leaps: 0, answer: 0 } };
  return { role, parts: lesson(pack, stepwise, problems, random) };
};

export const encodeDialogue = ({ role, parts }: Dialogue): Encoded => {
  const tokens = [BEGIN];
  const weights = [0];
  for (const part of parts) {
    for (const token of encode(part.text)) {
      tokens.push(token);
      weights.push(part.weight);
    }
  }
  return { role, tokens: [...tokens, END], weights: [...weights, 1] };
};
