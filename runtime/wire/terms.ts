/**
 * The terms of a run's hosts: which of two processes is the run's host.
 *
 * 1. What a host sends carries its term (`Journal.term`), and whoever opens the journal after it has a higher one.
 * 2. A receiver remembers the highest term that it has heard. It refuses messages with a lower one, and messages without
 *    one from those that live with the host: a host that was replaced and does not know it yet is not heard.
 * 3. Only institutions raise the highest term: no key of an agent may speak as one.
 * 4. A host that hears a higher term than its own has been replaced.
 */
import { AgoraError } from "../agora-error.ts";
import { institutions } from "../config/name-checks.ts";
import type { Message } from "../messages.ts";
import { ownerOf } from "./sender.ts";

export class TermError extends AgoraError<"AGORA_RUN_REPLACED"> {}

export const replacedError = (run: string): TermError =>
  new TermError("AGORA_RUN_REPLACED", `another process hosts run ${run} now`, { fix: "leave the run to it" });

export interface TermsOptions {
  /** Of the host in this process, if there is one. */
  readonly own?: number | undefined;
  /** Whether an agent lives with the host, as far as this process knows. Default: the institutions do. */
  readonly isHosted?: (agent: string) => boolean;
  /** Called if another host has a higher term than `own`. */
  readonly onReplaced?: () => void;
  /** Called with the first refusal under each highest term. */
  readonly onRefusal?: (why: string) => void;
}

const isInstitution = (agent: string): boolean => institutions.includes(agent);

export class Terms {
  readonly #options: TermsOptions;
  #highest: number;
  /** The highest term under which a refusal was told. */
  #told = 0;

  constructor(options: TermsOptions = {}) {
    this.#options = options;
    this.#highest = options.own ?? 0;
  }

  get own(): number | undefined {
    return this.#options.own;
  }

  /** 0: none was heard. */
  get highest(): number {
    return this.#highest;
  }

  raise(term: number): void {
    if (term <= this.#highest) return;
    this.#highest = term;
    if (this.own !== undefined) this.#options.onReplaced?.();
  }

  /**
   * Why a message is refused, whose sender was checked before; undefined if it is not. What calls have cost is owed,
   * whoever has made them.
   */
  whyNot({ from, type }: Message, term: number | undefined): string | undefined {
    const { isHosted = isInstitution } = this.#options;
    const sender = ownerOf(from);
    if (type === "call.metered" || (term === undefined && !isHosted(sender))) return undefined;
    if ((term ?? 0) < this.#highest) return this.#refusal(from);
    if (term !== undefined && isInstitution(sender)) this.raise(term);
    return undefined;
  }

  #refusal(from: string): string {
    const why = `${from} speaks for a host that was replaced`;
    // A host that was replaced refuses itself.
    const isReplaced = this.own !== undefined && this.own < this.#highest;
    if (this.#told < this.#highest && !isReplaced) this.#options.onRefusal?.(why);
    this.#told = this.#highest;
    return why;
  }
}
