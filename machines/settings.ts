/** The configuration keys that the machines use; names, units and defaults as in runtime/config/config-keys.ts. */
export interface Settings {
  readonly seed: number;
  readonly rounds: number;
  /** The run ends after as many generations of adapters; undefined: no limit. */
  readonly updates?: number | undefined;
  /** The run ends at the end of the first round after so many tokens; undefined: no limit. */
  readonly tokens?: number | undefined;
  readonly questionsPerRound: number;
  readonly overlap: number;
  readonly exemplars: number;
  readonly zeroShotShare: number;
  readonly workAttempts: number;
  readonly absentAfter: number;
  readonly phaseTimeoutSeconds: number;
  readonly patienceSeconds: number;
  readonly patienceFactor: number;
  readonly remarkSeconds: number;
  readonly heartbeatSeconds: number;

  readonly verifiers?: number | undefined;
  readonly firstVerifiers?: number | undefined;
  readonly voters?: number | undefined;
  readonly duels?: number | undefined;
  readonly auditShare: number;

  readonly difficultyStart: number;
  readonly difficultyRate: number;
  readonly difficultyPer: "interaction" | "round";
  readonly difficultySpread: number;
  readonly difficultyMin: number;
  readonly difficultyMax: number;
  readonly targetStart: number;
  readonly targetWindow: number;
  readonly targetMargin: number;
  readonly targetCap: number;

  readonly surpriseReading: "passRate" | "rating";
  readonly surpriseThreshold: number;
  readonly surpriseEpsilon: number;
  readonly surpriseWindow: number;
  readonly plateauWindow: number;
  readonly plateauGain: number;
  readonly plateauStep: number;
  readonly strategyHold: number;
  readonly gapClosed: number;
  readonly eliteCount: number;

  readonly anchorEvery: number;
  readonly anchorTolerance: number;
  readonly gateLevel: number;
  readonly driftBound: number;

  readonly bufferThreshold: number;
  readonly trainAfter: "samples" | "round";
  readonly trainOn: "group" | "own";
  readonly loraSamples: "new" | "all";
  readonly contextShare: number;
  readonly rehearsalShare: number;
  readonly jobAttempts: number;
  readonly jobBackoffSeconds: number;
  readonly ratingMute: boolean;

  readonly validVote: boolean;
  readonly lora: boolean;
  readonly qualityVote: boolean;
  readonly eliteIcl: boolean;
  readonly randomQGen: boolean;
  readonly difficultyControl: boolean;
  readonly externalAnchor: boolean;
  readonly gate: boolean;
  readonly explanation: boolean;
  readonly dynamicStrategy: boolean;
  readonly fem: boolean;
}
