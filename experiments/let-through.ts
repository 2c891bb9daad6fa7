/** What panels of verifiers let through, as far as audited solutions show it: a share with its interval. */
import { emptyPanelAudit, foldPanelAudit, type PanelAudit } from "../machines/folds/panel-audit.ts";
import type { Config } from "../runtime/config/config.ts";
import type { Message } from "../runtime/messages.ts";
import { wilson } from "./intervals.ts";

/** Undefined where every peer verifies. */
export const panelAuditIn = (records: readonly Message[], config: Config): PanelAudit | undefined =>
  config.verifiers === undefined ? undefined : records.reduce(foldPanelAudit(config), emptyPanelAudit);

/** Counts of solutions, and the share that the whole group refused of those its panel accepted, with 95 % (Wilson). */
export const letThroughFacts = ({ audited, accepted, refused }: PanelAudit) => ({
  ...{ audited, acceptedByPanel: accepted, refusedByGroup: refused },
  letThrough: accepted === 0 ? undefined : refused / accepted,
  ...wilson(refused, accepted),
});

export type LetThrough = ReturnType<typeof letThroughFacts>;

export const letThroughText = (facts: LetThrough): string => {
  const { audited, acceptedByPanel, refusedByGroup, letThrough, low, high } = facts;
  if (audited === 0) return "Panels: no solution was audited.";
  if (letThrough === undefined) return `Panels: of ${audited} audited solutions the panel accepted none.`;
  const percent = (share: number) => (100 * share).toFixed(1);
  return `Panels: of ${audited} audited solutions the panel alone accepts ${acceptedByPanel}; of these the whole group refuses ${refusedByGroup} (${percent(letThrough)}%, 95% interval ${percent(low)}–${percent(high)}%).`;
};
