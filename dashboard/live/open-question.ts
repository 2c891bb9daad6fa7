/** A question that is under way in this process: what is in its dossier so far, and its state. */
import type { HouseWindow } from "../../actors/house.ts";
import type { Dossier } from "../../runtime/messages.ts";
import { innermostOf } from "./current-states.ts";

export interface OpenQuestion {
  readonly dossier: Dossier;
  /** The phase that it is in, such as `verifying`. */
  readonly phase: string;
}

export const openQuestion = (
  house: Pick<HouseWindow, "residents">,
  question: string,
): OpenQuestion | undefined => {
  for (const { residence, actor } of house.residents()) {
    if (residence.topic !== question || residence.plan.kind !== "question") continue;
    const { context, value }: { context?: { readonly dossier?: Dossier }; value?: unknown } =
      actor.getSnapshot() ?? {};
    const [phase = ""] = innermostOf(value);
    if (context?.dossier !== undefined)
      return { dossier: context.dossier, phase: phase.split(".", 1)[0] ?? "" };
  }
  return undefined;
};
