/** Everything the page shows at one time: all folds. */
import { Sessions } from "../../machines/folds/sessions.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Fact } from "../record/facts.ts";
import type { Moment } from "../record/feed.ts";
import type { ViewName } from "../view.ts";
import { Acts } from "./acts.ts";
import { Agents } from "./agents.ts";
import { Buffer } from "./buffer.ts";
import { RecordedFlows } from "./flows.ts";
import { Growth } from "./growth.ts";
import { Headline } from "./headline.ts";
import { History } from "./history.ts";
import { Provenance } from "./provenance.ts";
import { Questions } from "./questions.ts";
import { RecordedStates } from "./states.ts";
import { Training } from "./training.ts";

export class Picture {
  readonly #buffer: Buffer;
  readonly agents: Agents;
  readonly questions: Questions;
  readonly provenance: Provenance;
  readonly growth: Growth;
  readonly training: Training;
  readonly history: History;
  readonly acts: Acts;
  readonly headline: Headline;
  readonly sessions = new Sessions();
  readonly flows = new RecordedFlows();
  readonly states = new RecordedStates();
  /** Time of the newest fact or moment accepted. */
  at: number;
  /** Why the run finished; undefined before its end. */
  outcome: string | undefined;

  /**
   * @param recent number of the newest questions of which it keeps single lines and solutions, and of the newest jobs; its
   *   curves are thinned. By default it keeps all.
   */
  constructor(config: Config, startedAt: number, recent?: number) {
    const isThinned = recent !== undefined;
    this.questions = new Questions(recent);
    this.provenance = new Provenance(recent);
    this.agents = new Agents(config);
    this.#buffer = new Buffer(config, isThinned);
    this.growth = new Growth(config, this.#buffer, isThinned);
    this.training = new Training(config, this.#buffer, recent);
    this.history = new History(config, isThinned);
    this.acts = new Acts(config);
    const { acts, sessions } = this;
    this.headline = new Headline({ buffer: this.#buffer, sessions, acts }, startedAt, isThinned);
    this.at = startedAt;
  }

  accept(fact: Fact): void {
    this.#buffer.accept(fact);
    this.sessions.accept(fact);
    this.agents.accept(fact);
    this.questions.accept(fact);
    this.provenance.accept(fact);
    this.growth.accept(fact);
    this.training.accept(fact);
    this.history.accept(fact);
    this.acts.accept(fact);
    this.headline.accept(fact);
    if (fact.type === "run.finished" || fact.type === "run.failed") this.outcome = fact.reason;
    if (fact.type === "run.extended" || fact.type === "round.opened") this.outcome = undefined;
    this.at = Math.max(this.at, fact.at);
  }

  acceptMoment(moment: Moment): void {
    this.states.acceptMoment(moment);
    this.training.acceptMoment(moment);
    this.flows.acceptMoment(moment);
    this.at = Math.max(this.at, moment.at);
  }

  revisions(): Record<ViewName, number> {
    return {
      agents: this.agents.revision,
      questions: this.questions.revision,
      growth: this.growth.revision,
      training: this.training.revision,
      history: this.history.revision,
      acts: this.acts.revision,
    };
  }
}
