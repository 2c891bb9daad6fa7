/** The JSON of where solutions come from and what became of them; part of the resources of view.ts. */

export interface AskedPrompt {
  readonly system?: string;
  readonly user: string;
}

/** A job that trained on a solution. */
export interface TrainedBy {
  readonly job: string;
  readonly model: string;
  readonly version: number;
  readonly outcome?: "published" | "rejected" | "failed" | "withdrawn";
}

/** GET /api/jobs/:job */
export interface JobSamples {
  readonly job: string;
  readonly model: string;
  /** Version that it continues from; 0: the base model. */
  readonly previous: number;
  readonly version: number;
  readonly samples: readonly {
    readonly solution: string;
    readonly question: string;
    readonly author: string;
    readonly adapter: number;
  }[];
  /** Verdicts, ballots and explanations that it trained on as well. */
  readonly rehearsed: number;
}

/** Where one solution comes from and what became of it. */
export interface SolutionOrigin {
  /** Undefined if the pack is no longer known. */
  readonly prompt?: AskedPrompt;
  readonly trained: readonly TrainedBy[];
  /** Whether its sample keeps the examples of the prompt; undefined if it is no sample. */
  readonly keepsExamples?: boolean;
}
