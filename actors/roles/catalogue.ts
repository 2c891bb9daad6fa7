/** All questions the society has posed, in normal form: none may be posed again. */
import type { PromptPack } from "../../prompts/pack.ts";
import { Digests } from "../../runtime/digests.ts";
import type { Message } from "../../runtime/messages.ts";
import type { TaskView } from "../../runtime/task.ts";

export interface Screened {
  readonly text: string;
  /** Why the question must not be posed; undefined if it may. */
  readonly flaw: string | undefined;
}

const malformed = "malformed";

/** The text of a question that must not be posed again, of the messages that tell one. */
const posedIn = (message: Message): string | undefined => {
  switch (message.type) {
    case "question.posed":
      return message.author === "operator" ? undefined : message.text;
    case "question.settled":
      return message.dossier.text;
    case "question.voided":
      return message.reason === malformed || message.text === "" ? undefined : message.text;
    default:
      return undefined;
  }
};

/** Questions are equal if their words, numbers and operators are; case and punctuation do not count. */
export const essence = (question: string): string =>
  question
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}+\-*/^=<>]+/gu, " ")
    .trim();

export class Catalogue {
  readonly #pack: PromptPack;
  readonly #task: Pick<TaskView, "contamination">;
  readonly #posed = new Digests();

  constructor(pack: PromptPack, task: Pick<TaskView, "contamination">, records: readonly Message[] = []) {
    this.#pack = pack;
    this.#task = task;
    for (const record of records) this.learn(record);
  }

  /** Questions of other processes, and of the run before a restart, count as posed; what an operator asks does not. */
  learn(message: Message): void {
    const posed = posedIn(message);
    if (posed !== undefined) this.#posed.add(essence(this.#pack.question(posed) ?? posed));
  }

  /** Screens a generated text and, if it may be posed, remembers it. */
  screen(generated: string): Screened {
    const question = this.#pack.question(generated);
    if (question === undefined) return { text: generated.trim().slice(0, 2000), flaw: malformed };
    const contamination = this.#task.contamination(question);
    if (contamination !== undefined) return { text: question, flaw: contamination };
    if (this.#posed.has(essence(question))) return { text: question, flaw: "duplicate" };
    this.#posed.add(essence(question));
    return { text: question, flaw: undefined };
  }
}
