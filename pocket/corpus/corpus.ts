import type { PromptPack } from "../../prompts/pack.ts";
import { derive } from "../dialect/arithmetic.ts";
import { solutionText } from "../dialect/solution.ts";
import { BEGIN, END, encode } from "../dialect/tokenizer.ts";
import { type Dialogue, DRAWS, type Role, type Speaker } from "./dialogue.ts";
import { drawPosed } from "./material.ts";
import { MISCONCEPTIONS, mistaken } from "./misconception.ts";
import { type Random, seededRandom } from "./random.ts";
import type { Recipe } from "./recipe.ts";

/** Odds of the roles, counted in dialogues. */
const ROLE_ODDS: Readonly<Record<Role, number>> = {
  solver: 45,
  student: 10,
  verifier: 20,
  voter: 8,
  generator: 5,
  explainer: 4,
  critic: 2,
};

/** The first share of the tokens is a primer: short problems, every step shown. It brings the rest forward. */
const PRIMER_SHARE = 0.2;
const LONGEST_PRIMER = 5;

export interface Encoded {
  readonly role: Role;
  /** `<s>`, prompt, response, `</s>`. */
  readonly tokens: readonly number[];
  /** How many of the tokens are `<s>` and prompt: the loss starts after them. */
  readonly promptLength: number;
}

/** The seeded corpus of one model, until `budget` tokens have been given. */
export function* corpus(
  recipe: Recipe,
  pack: PromptPack,
  budget = recipe.millionTokens * 1e6,
): Generator<Encoded> {
  const random = seededRandom(recipe.seed);
  const compute = mistaken(MISCONCEPTIONS[recipe.misconception], recipe.mistakeRate, random);
  const speaker = { compute, styles: recipe.styles };
  for (let given = 0; given < budget; ) {
    const dialogue =
      given < budget * PRIMER_SHARE ? primer(pack, speaker, random) : drawDialogue(pack, speaker, random);
    const encoded = encodeDialogue(dialogue);
    given += encoded.tokens.length;
    yield encoded;
  }
}

export function drawDialogue(pack: PromptPack, speaker: Speaker, random: Random): Dialogue {
  const role = random.weighted(ROLE_ODDS);
  return { role, ...DRAWS[role](pack, speaker, random) };
}

function primer(pack: PromptPack, speaker: Speaker, random: Random): Dialogue {
  const { chain, question } = drawPosed(random, random.integer(1, LONGEST_PRIMER));
  const prompt = pack.render("solver", { examples: "", question });
  return { role: "solver", prompt, response: solutionText(derive(chain, speaker.compute), "steps") };
}

export function encodeDialogue({ role, prompt, response }: Dialogue): Encoded {
  const before = [BEGIN, ...encode(prompt)];
  return { role, tokens: [...before, ...encode(response), END], promptLength: before.length };
}
