/** A training example: a text that a model of the group wrote in a role, and the prompt's contents. */

interface Written {
  /** Id and text of the question. */
  readonly question: string;
  readonly text: string;
  readonly response: string;
}

export interface SolverExample extends Written {
  readonly role: "solver";
  /** The few-shot context of the prompt; empty: zero-shot. */
  readonly examples: string;
}

export interface VerifierExample extends Written {
  readonly role: "verifier";
  readonly solution: string;
}

export interface VoterExample extends Written {
  readonly role: "voter";
  /** The solutions, in the order in which they were shown. */
  readonly first: string;
  readonly second: string;
  /** Remarks on the question and on each solution; empty if there are none. */
  readonly remarks?: string;
  readonly firstRemarks?: string;
  readonly secondRemarks?: string;
}

export interface ExplainerExample extends Written {
  readonly role: "explainer";
  readonly solution: string;
  readonly remarks: string;
}

export type TrainingExample = SolverExample | VerifierExample | VoterExample | ExplainerExample;
