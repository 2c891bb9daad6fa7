/** What is known of a fault that was injected: the log of the harness has one line for each. */
import type { Fault } from "./fault.ts";

export class Trace {
  readonly fault: Fault;
  /** Records of the journal when it began. */
  readonly from: number;
  /** The same when it was last seen at work. */
  until: number;
  /** What shows that it has happened; empty: it has met nothing. */
  readonly evidence: string[] = [];

  constructor(fault: Fault, from: number) {
    this.fault = fault;
    this.from = from;
    this.until = from;
  }

  note(what: string, until: number): void {
    this.evidence.push(what);
    this.until = until;
  }
}
