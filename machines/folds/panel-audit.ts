/**
 * What panels of verifiers let through: a fold over settled questions. The whole group has verified an audited
 * solution, its panel among them.
 */
import type { Dossier, Message, Solution, Verdict } from "../../runtime/messages.ts";
import { type PanelSettings, panelOf } from "./panel.ts";

/** Counts of audited solutions, where the panel is smaller than the group. */
export interface PanelAudit {
  readonly audited: number;
  /** Those that their panel alone would have accepted. */
  readonly accepted: number;
  /** Those of them that somebody outside the panel has refused. */
  readonly refused: number;
}

export const emptyPanelAudit: PanelAudit = { audited: 0, accepted: 0, refused: 0 };

const auditOf =
  ({ question, group, verdicts, absent = [] }: Dossier, settings: PanelSettings) =>
  (known: PanelAudit, solution: Solution): PanelAudit => {
    const panel = panelOf({ question, group }, solution, settings);
    if (panel.length >= group.length - 1) return known;
    const given = verdicts.filter(({ solutionId }) => solutionId === solution.solutionId);
    const said = (by: readonly string[], what: Verdict["verdict"]): string[] =>
      by.filter((peer) => given.some(({ verifier, verdict }) => verifier === peer && verdict === what));
    const present = panel.filter((member) => !absent.includes(member));
    const isRefusedHere = said(panel, "refuse").length > 0;
    const isAccepted =
      present.length > 0 && said(present, "accept").length === present.length && !isRefusedHere;
    const isRefused = isAccepted && said(group, "refuse").length > 0;
    return {
      audited: known.audited + 1,
      accepted: known.accepted + Number(isAccepted),
      refused: known.refused + Number(isRefused),
    };
  };

export const foldPanelAudit =
  (settings: PanelSettings) =>
  (audit: PanelAudit, message: Message): PanelAudit =>
    message.type === "question.settled"
      ? message.dossier.solutions
          .filter(({ audited }) => audited)
          .reduce(auditOf(message.dossier, settings), audit)
      : audit;
