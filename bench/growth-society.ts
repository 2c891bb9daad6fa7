/** Plays one society to its end and counts what it took, question by question: for the bench of growth. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Parts } from "../cli/host/host.ts";
import { type Audit, emptyAudit, foldAudit } from "../experiments/audit.ts";
import { emptyPanelAudit, foldPanelAudit, type PanelAudit } from "../machines/folds/panel-audit.ts";
import { type Config, type ConfigInput, loadConfig } from "../runtime/config/config.ts";
import type { Message, Rating } from "../runtime/messages.ts";
import { printNote } from "./result.ts";

/** Keys that make up a protocol; without any it is the paper's. */
export type Panels = Pick<ConfigInput, "verifiers" | "voters" | "duels" | "auditShare">;

export interface Outcome {
  readonly questions: number;
  /** Of the whole society, for a settled question. */
  readonly calls: number;
  readonly ratings: Readonly<Record<string, Rating>>;
  /** μ after each settled question, by member. */
  readonly courses: Readonly<Record<string, readonly number[]>>;
  /** Against the exact answers. */
  readonly audit: Audit;
  readonly panelAudit: PanelAudit;
}

/** Calls and questions are what is measured: nothing is trained, nothing is measured outside, no wait is cut short. */
export const quietly: ConfigInput = {
  ...{ lora: false, externalAnchor: false, updates: 1_000_000 },
  ...{ phaseTimeoutSeconds: 3_000, patienceSeconds: 2_000, callTimeoutSeconds: 1_000 },
};

/** The same questions of the same difficulty, answered without examples: outcomes of two protocols compare. */
export const unchanging: ConfigInput = {
  ...quietly,
  ...{ difficultyControl: false, fem: false, dynamicStrategy: false, eliteIcl: false },
};

export const scriptedModels = (agents: number): NonNullable<ConfigInput["models"]> =>
  Array.from({ length: agents }, (_, index) => ({
    name: `agent-${String(index).padStart(2, "0")}`,
    model: "scripted",
    endpoint: "http://127.0.0.1:9/v1",
  }));

const withRatings = (courses: Outcome["courses"], ratings: Outcome["ratings"]): Outcome["courses"] =>
  Object.fromEntries(
    Object.entries(ratings).map(([name, { mu }]) => [name, [...(courses[name] ?? []), mu]] as const),
  );

/** @throws what the society failed with. */
export const playSociety = async (
  overrides: ConfigInput,
  partsOf: (config: Config) => Parts | Promise<Parts>,
  onMessage: (message: Message) => void = () => {},
): Promise<Outcome> => {
  const runsFolder = mkdtempSync(join(tmpdir(), "agora-growth-"));
  try {
    const config = loadConfig({ env: {}, overrides: { run: "growth", runsFolder, ...overrides } });
    const { startRun } = await import("../cli/host/host.ts");
    const parts = await partsOf(config);
    let calls = 0;
    let outcome: Outcome = {
      questions: 0,
      calls: 0,
      ratings: {},
      courses: {},
      audit: emptyAudit,
      panelAudit: emptyPanelAudit,
    };
    const keep = (message: Message): void => {
      onMessage(message);
      if (message.type === "call.metered") calls += message.calls;
      if (message.type !== "question.settled") return;
      outcome = {
        ...outcome,
        questions: outcome.questions + 1,
        ratings: message.ratings,
        courses: withRatings(outcome.courses, message.ratings),
        audit: foldAudit(parts.task)(outcome.audit, message),
        panelAudit: foldPanelAudit(config)(outcome.panelAudit, message),
      };
    };
    const run = await startRun(
      {
        ...{ config, onMessage: keep },
        onTrouble: (where, cause) => printNote(`${where}: ${String(cause).slice(0, 300)}`),
      },
      parts,
    );
    try {
      const end = await run.ended;
      if (end.outcome === "failed") throw end.cause;
      return { ...outcome, calls: calls / outcome.questions };
    } finally {
      await run.close();
    }
  } finally {
    rmSync(runsFolder, { recursive: true, force: true });
  }
};
