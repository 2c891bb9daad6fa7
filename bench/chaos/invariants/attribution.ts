/** Every failure in the journal follows a fault that explains it. */
import type { Message } from "../../../runtime/messages.ts";
import type { Trace } from "../trace.ts";
import type { Evidence } from "./evidence.ts";

/** How many records after a fault a failure may still be its consequence. */
const reach = 400;

interface Failure {
  /** Whom it befalls; undefined: the whole run. */
  readonly agent: string | undefined;
  readonly what: string;
}

/** A model of any kind may pose what nobody may ask: that is no failure of the society. */
const isUnfit = (reason: string): boolean => /^(?:malformed|duplicate|contaminated)/.test(reason);

const failureIn = (record: Message): Failure | undefined => {
  switch (record.type) {
    case "agent.lapsed":
    case "agent.failed":
      return { agent: record.agent, what: `${record.agent} has failed: ${record.cause}` };
    case "question.voided":
      if (isUnfit(record.reason)) return undefined;
      return { agent: record.author, what: `question ${record.question} is void: ${record.reason}` };
    case "training.failed":
      return { agent: record.model, what: `job ${record.job} has failed: ${record.cause}` };
    case "run.failed":
      return { agent: undefined, what: `the run has failed: ${record.reason}` };
    default:
      return undefined;
  }
};

/** What befalls the host or the server befalls everybody. */
const befalls = ({ fault: { target } }: Trace, agent: string | undefined): boolean =>
  agent === undefined || target === agent || ["host", "server", "standby"].includes(target);

const explains = (trace: Trace, { agent }: Failure, at: number): boolean =>
  trace.evidence.length > 0 && befalls(trace, agent) && trace.from < at && at <= trace.until + reach;

export const attributionViolations = ({ records, traces }: Evidence): string[] =>
  records.flatMap((record, index) => {
    const failure = failureIn(record);
    if (failure === undefined || traces.some((trace) => explains(trace, failure, index + 1))) return [];
    return [`no fault explains record ${index + 1}: ${failure.what.slice(0, 300)}`];
  });
