/**
 * When each message about a question was sent, for the feed: a dossier holds what was said, but not when.
 *
 * The times of one question are kept until it ends, and leave as one text (record/told.ts).
 */
import { type Message, questionEndedBy, questionOf } from "../../runtime/messages.ts";
import { type ToldMessage, toldText } from "../record/told.ts";

/** Maximum number of open questions, and of messages about one; further ones have no times. */
const maximumQuestions = 2_000;
const maximumMessages = 800;

/** The solutions that a message is about. */
const aboutOf = (message: Message): readonly string[] => {
  switch (message.type) {
    case "solution.offered":
    case "verdict.requested":
      return [message.offered.solutionId];
    case "verdict.given":
      return message.verdicts.map(({ solutionId }) => solutionId);
    case "winner.elected":
      return [message.winner.solutionId];
    case "remark.made":
      return message.solutionId === undefined ? [] : [message.solutionId];
    default:
      return [];
  }
};

export class MessageTimes {
  readonly #open = new Map<string, ToldMessage[]>();
  #ended: Record<string, string> = {};

  /** Called for every message of the run. */
  accept(message: Message): void {
    const question = questionOf(message);
    if (question === undefined) return;
    const told = this.#toldOf(question);
    // A dossier is closed again until it is settled.
    const isRepeated = message.type === "question.closed" && told.at(-1)?.type === message.type;
    if (told.length < maximumMessages && !isRepeated) {
      told.push({ at: message.at, type: message.type, from: message.from, about: aboutOf(message) });
    }
    if (questionEndedBy(message) === undefined) return;
    this.#ended[question] = toldText(told);
    this.#open.delete(question);
  }

  /** The texts of the questions that have ended since the last call, by question. */
  take(): Record<string, string> {
    const ended = this.#ended;
    this.#ended = {};
    return ended;
  }

  #toldOf(question: string): ToldMessage[] {
    const known = this.#open.get(question);
    if (known) return known;
    if (this.#open.size >= maximumQuestions) this.#open.clear();
    const fresh: ToldMessage[] = [];
    this.#open.set(question, fresh);
    return fresh;
  }
}
