/**
 * Whether agents take part, in their own words, for links that break.
 *
 * 1. What an agent of this process said last is kept, with its joining: whoever was away asks for it. What it said before
 *    is not: heard late it would undo the last word.
 * 2. A word is heard once, however often it is published, and so is a sign of life: time is counted in them. It is taken for
 *    the one before on its subject if the payloads are of one length and have one checksum.
 */
import type { Delivery } from "../bus/bus.ts";
import type { Message } from "../messages.ts";
import { isPresence } from "../presence-messages.ts";
import type { Letter } from "./reader.ts";
import { markOf, type Said } from "./said.ts";
import { ownerOf } from "./sender.ts";

export class Standings {
  /** By agent: that it has joined, and its last word. */
  readonly #said = new Map<string, readonly Said[]>();
  /** The last payload's mark, by subject. */
  readonly #heard = new Map<string, number>();

  say(subject: string, letter: Letter): void {
    const { message } = letter;
    if (!isPresence(message) || ownerOf(message.from) !== message.agent) return;
    const before = message.type === "agent.joined" ? [] : (this.#said.get(message.agent) ?? []);
    const joined = before.filter((said) => said.letter.message.type === "agent.joined");
    this.#said.set(message.agent, [...joined, { subject, letter }]);
  }

  /** Whether the message of this delivery has not been heard before. */
  hear(message: Message, { subject, payload }: Pick<Delivery, "subject" | "payload">): boolean {
    if (!isPresence(message) && message.type !== "agent.pulsed") return true;
    const mark = markOf(payload);
    if (this.#heard.get(subject) === mark) return false;
    this.#heard.set(subject, mark);
    return true;
  }

  said(): Said[] {
    return [...this.#said.values()].flat();
  }

  clear(): void {
    this.#said.clear();
    this.#heard.clear();
  }
}
