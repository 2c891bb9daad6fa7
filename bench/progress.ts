/** Prints the progress of a benchmark that plays runs, on stderr. */
import type { Message } from "../runtime/messages.ts";

export const report = (line: string): void => void process.stderr.write(`${line}\n`);

const points = (share: number | undefined): string => (share === undefined ? "–" : share.toFixed(3));

const lineOf = (message: Message): string | undefined => {
  switch (message.type) {
    case "round.closed": {
      const { round, passRate, nextDifficulty, admitted, voided, strategy, surprise } = message;
      return `round ${round}: V ${passRate.toFixed(2)}, d ${nextDifficulty.toFixed(2)}, F ${surprise.toFixed(3)}, admitted ${admitted}, void ${voided}, ${strategy}`;
    }
    case "strategy.changed":
      return `${message.before} → ${message.after}: ${message.cause}`;
    case "adapter.published":
    case "adapter.rejected":
      return `${message.type} ${message.model}@v${message.version}: ${points(message.before)} → ${points(message.after)}`;
    case "adapter.withdrawn":
    case "agent.failed":
    case "agent.lapsed":
    case "training.failed":
      return JSON.stringify(message).slice(0, 400);
    default:
      return undefined;
  }
};

export const reportMessage = (message: Message): void => {
  const line = lineOf(message);
  if (line !== undefined) report(`  ${line}`);
};
