/** What a model is trained on: a text that a model of the group wrote in some role, and what it was written about. */

interface Written {
  /** Id and text of the question. */
  readonly question: string;
  readonly text: string;
  readonly response: string;
}

export interface SolverExample extends Written {
  readonly role: "solver";
  /** The few-shot context to train in; empty is zero-shot. */
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
  /** What was remarked on the question and on each of them; empty where nothing was. */
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
