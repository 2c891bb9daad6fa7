/** The scene of the first view: of a live run's question under way, or of one that has been recorded. */
import type { Chronicle } from "../record/chronicle.ts";
import type { Scene } from "../view.ts";
import type { Picture } from "../views/picture.ts";
import { type SceneSources, sceneOf } from "../views/scene.ts";
import type { Spotlight } from "./spotlight.ts";

/** Minimum time between two scenes for the same viewers [ms]. */
const pause = 250;
const maximumKept = 32;

export interface StageOptions extends SceneSources {
  readonly chronicle: Pick<Chronicle, "find">;
  /** Undefined for a replay. */
  readonly spotlight?: Spotlight | undefined;
  readonly clock: () => number;
}

export class Stage {
  readonly #options: StageOptions;
  /** Scenes of recorded questions, by id. */
  readonly #recorded = new Map<string, Scene>();
  #sent = "";
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  /** The scene now. @param newest used if no question is under way */
  now(newest: Picture): Scene | undefined {
    const staged = this.#options.spotlight?.staged();
    return staged === undefined ? this.at(newest) : sceneOf(staged, this.#options);
  }

  /** The scene now if it has changed since the last call that returned one. */
  next(newest: Picture): Scene | undefined {
    const { spotlight, clock } = this.#options;
    const isLive = spotlight?.staged() !== undefined;
    const key = isLive ? `live ${spotlight?.revision}` : newest.questions.telling(newest.at);
    if (key === undefined || key === this.#sent || clock() - this.#sentAt < pause) return undefined;
    this.#sent = key;
    this.#sentAt = clock();
    return this.now(newest);
  }

  /** The scene at the time of a picture. */
  at(picture: Picture): Scene | undefined {
    const question = picture.questions.telling(picture.at);
    if (question === undefined) return undefined;
    const known = this.#recorded.get(question) ?? this.#recall(question);
    if (known === undefined) return undefined;
    if (this.#recorded.size >= maximumKept) this.#recorded.clear();
    this.#recorded.set(question, known);
    return known;
  }

  #recall(question: string): Scene | undefined {
    const record = this.#options.chronicle.find(question);
    if (record?.type !== "question.settled") return undefined;
    const { dossier, admissions, at } = record;
    const seconds = Math.max(0, at - dossier.openedAt) / 1000;
    return sceneOf({ dossier, admissions, seconds }, this.#options);
  }
}
