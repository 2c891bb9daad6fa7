/** What an operator did, as text for people. */
import type { Message } from "../../runtime/messages.ts";
import { settingsText } from "./control.ts";

export type Act = Extract<Message, { readonly act: string; readonly operator: string }>;

export const isAct = (message: Message): message is Act =>
  message.type.startsWith("operator.") || message.type === "run.forked";

/** What an act did, as text. */
export const actText = (act: Act): string => {
  switch (act.type) {
    case "operator.paused":
      return "paused the run";
    case "operator.resumed":
      return "resumed the run";
    case "operator.stepped":
      return "stepped by one round";
    case "operator.stopped":
      return "stopped the run";
    case "operator.set":
      return `set ${settingsText(act)} from the next round`;
    case "operator.asked":
      return `asked ${act.text}`;
    case "operator.rejected":
      return `rejected the adapter in the making of ${act.model}`;
    case "operator.withdrew":
      return `rolled ${act.model} back`;
    case "operator.forked":
      return `made the run ${act.fork} of it${act.changed.length === 0 ? "" : ` with ${act.changed.join(" ")}`}`;
    case "run.forked":
      return `made it of ${act.records} records of ${act.parent}${act.changed.length === 0 ? "" : `, with ${act.changed.join(" ")}`}`;
  }
};
