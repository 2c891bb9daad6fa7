/** What operators have done to the run, and what may be done next. */
import { type Act, actText, isAct } from "../../machines/folds/act-text.ts";
import { type Control, foldControl, noControl, settingsText } from "../../machines/folds/control.ts";
import {
  type ByVersion,
  baseWeights,
  foldWeights,
  servedName,
  versionOf,
  type Weights,
  withVersion,
} from "../../machines/folds/weights.ts";
import type { Config } from "../../runtime/config/config.ts";
import { componentNames } from "../../runtime/message-parts.ts";
import type { MessageOf, Strategy } from "../../runtime/messages.ts";
import type { ActLine, ActsView, AskedLine } from "../acts-view.ts";
import type { Fact } from "../record/facts.ts";
import { answerOf } from "./answer.ts";
import type { Fold } from "./fold.ts";

const lineOf = (act: Act): ActLine => ({
  ...{ act: act.act, at: act.at, operator: act.operator, text: actText(act) },
  ...(act.type === "operator.asked" ? { question: act.question } : {}),
});

export class Acts implements Fold {
  readonly #config: Config;
  readonly #log: ActLine[] = [];
  readonly #asked = new Map<string, AskedLine>();
  readonly #jobs = new Map<string, string>();
  #replaced: ByVersion<number> = {};
  #weights: Weights = baseWeights;
  #control: Control = noControl;
  /** Who paused or stepped the run last. */
  #pausedBy: string | undefined;
  #difficulty: number;
  #strategy: Strategy = "explore";
  #parent: ActsView["forkedFrom"];
  #closedRound: number | undefined;
  #revision = 0;

  constructor(config: Config) {
    this.#config = config;
    this.#difficulty = config.difficultyStart;
  }

  get revision(): number {
    return this.#revision;
  }

  /** All of them, as they are in force. */
  get components(): ActsView["components"] {
    const switched = this.#control.components;
    return Object.fromEntries(componentNames.map((name) => [name, switched[name] ?? this.#config[name]]));
  }

  accept(fact: Fact): void {
    if (fact.type === "agent.joined") return;
    if (isAct(fact)) this.#acceptAct(fact);
    else if (!this.#acceptOther(fact)) return;
    this.#control = foldControl(this.#control, fact);
    this.#revision += 1;
  }

  view(): ActsView {
    const { difficultyMin, difficultyMax, models } = this.#config;
    const { paused, steps, waiting } = this.#control;
    return {
      ...{ paused, steps, strategy: this.#strategy, difficulty: this.#difficulty },
      ...(paused && this.#pausedBy !== undefined ? { pausedBy: this.#pausedBy } : {}),
      ...(this.#closedRound === undefined ? {} : { closedRound: this.#closedRound }),
      range: [difficultyMin, difficultyMax],
      waiting: waiting.map(settingsText),
      components: this.components,
      adapters: models.map(({ name }) => this.#adapterOf(name)),
      asked: [...this.#asked.values()].toReversed(),
      log: this.#log.toReversed(),
      ...(this.#parent === undefined ? {} : { forkedFrom: this.#parent }),
    };
  }

  /** The operator who asked a question. */
  askedBy(question: string): string | undefined {
    return this.#asked.get(question)?.operator;
  }

  #adapterOf(model: string): ActsView["adapters"][number] {
    const version = versionOf(this.#weights, model);
    const job = this.#jobs.get(model);
    return {
      ...{ model, version, before: this.#replaced[servedName(model, version)] ?? 0 },
      ...(job === undefined ? {} : { job }),
    };
  }

  #acceptAct(act: Act): void {
    this.#log.push(lineOf(act));
    if (act.type === "operator.paused" || act.type === "operator.stepped") this.#pausedBy = act.operator;
    if (act.type === "run.forked") {
      const { parent, records, changed } = act;
      this.#parent = { parent, records, changed };
    }
    if (act.type !== "operator.asked") return;
    const { question, text, operator, at } = act;
    this.#asked.set(question, { question, text, operator, at });
  }

  /** Whether the view changes. */
  #acceptOther(fact: Exclude<Fact, { readonly type: "agent.joined" }>): boolean {
    switch (fact.type) {
      case "round.opened":
        this.#difficulty = fact.difficulty;
        this.#strategy = fact.strategy;
        return true;
      case "round.closed":
        this.#closedRound = fact.round;
        return true;
      case "strategy.changed":
        this.#strategy = fact.after;
        return true;
      case "question.answered":
        return this.#answered(fact);
      case "training.requested":
        this.#jobs.set(fact.model, fact.job);
        return true;
      case "training.failed":
      case "adapter.rejected":
        return this.#jobs.delete(fact.model);
      case "adapter.published": {
        const { model, version } = fact;
        this.#jobs.delete(model);
        this.#replaced = withVersion(this.#replaced, model, version, versionOf(this.#weights, model));
        this.#weights = foldWeights(this.#weights, fact);
        return true;
      }
      case "adapter.withdrawn":
        this.#weights = foldWeights(this.#weights, fact);
        return true;
      default:
        return false;
    }
  }

  #answered({ dossier, reason, at }: MessageOf<"question.answered">): boolean {
    const asked = this.#asked.get(dossier.question);
    if (asked === undefined) return false;
    const { answer, confidence } = answerOf(dossier);
    this.#asked.set(dossier.question, {
      ...{ ...asked, answeredAt: at },
      ...(answer === undefined ? {} : { answer }),
      ...(confidence === undefined ? {} : { confidence }),
      ...(reason === undefined ? {} : { reason }),
    });
    return true;
  }
}
