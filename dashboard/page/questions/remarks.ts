/** What agents remarked on one solution, or on the question as a whole. */
import type { VNode } from "preact";
import type { Dossier, Remark } from "../../../runtime/messages.ts";
import { h, html } from "../html.ts";
import { Prose } from "../text/prose.ts";

export interface RemarksProps {
  readonly dossier: Dossier;
  /** Undefined: on the question. */
  readonly solutionId?: string;
}

const RemarkLine = ({
  author,
  solutionId,
  kind,
  text,
  late = false,
}: Remark): VNode => html`<li key=${`${author} ${solutionId}`} class="verdict">
  <strong>${author}</strong> <span class="quiet">${kind}${late ? ", after the vote had begun" : ""}</span>
  <div class="model-text">${h(Prose, { text })}</div>
</li>`;

export const Remarks = ({ dossier: { remarks = [] }, solutionId }: RemarksProps): VNode | null => {
  const made = remarks.filter((remark) => remark.solutionId === solutionId);
  if (made.length === 0) return null;
  return html`<div class="remarks"><h4>Remarks</h4><ul class="verdicts">${made.map(RemarkLine)}</ul></div>`;
};
