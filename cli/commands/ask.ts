/** `agora ask`: asks the society of a run a question, and prints its verdict. */
import { setTimeout as sleep } from "node:timers/promises";
import type { QuestionView } from "../../dashboard/view.ts";
import { defaultSeconds } from "../../runtime/acts.ts";
import { UsageError } from "../exit-codes.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { Output } from "../terminal/output.ts";
import { ActClient, userName } from "./act-client.ts";
import type { ActFlags } from "./acts.ts";

interface AskFlags extends ActFlags {
  readonly seconds?: string;
}

/** Time between two looks at the question [ms]. */
const pause = 250;
/** What the run may take to record an answer after the deadline [s]. */
const grace = 30;

const secondsOf = ({ seconds = String(defaultSeconds) }: AskFlags): number => {
  const number = Number(seconds);
  if (Number.isFinite(number) && number > 0) return number;
  throw new UsageError(`--seconds is ${seconds}`, { expected: "a number above 0" });
};

/** The question once it has ended; undefined if it has no answer in time. */
const answered = async (
  client: ActClient,
  question: string,
  seconds: number,
  signal: AbortSignal,
  onPhase: (phase: string) => void,
): Promise<QuestionView | undefined> => {
  const deadline = performance.now() + (seconds + grace) * 1000;
  let known = "";
  while (performance.now() < deadline && !signal.aborted) {
    const view = await client.read<QuestionView>(`/api/questions/${encodeURIComponent(question)}`);
    if (view !== undefined && view.line.outcome !== "open") return view;
    if (view?.phase !== undefined && view.phase !== known) onPhase(view.phase);
    known = view?.phase ?? known;
    await sleep(pause);
  }
  return undefined;
};

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** The verdict as lines of text. */
export const verdictText = ({ line, answer, truth, right, dossier, reason }: QuestionView): string => {
  if (answer?.answer === undefined) {
    const said = answer?.answers.map(({ answer: one, authors }) => `${one} (${authors.join(", ")})`) ?? [];
    const why = reason ?? "no solution has passed every check";
    return [
      `${line.text} → no verdict: ${why}`,
      ...(said.length > 0 ? [`answers: ${said.join("; ")}`] : []),
    ].join("\n");
  }
  const { agreeing, given } = answer.checks;
  const others = answer.answers.slice(1).map(({ answer: one, authors }) => `${one} (${authors.join(", ")})`);
  const agreed = answer.answers.find(({ answer: one }) => one === answer.answer)?.authors ?? [];
  const isRight = dossier?.winner === undefined ? undefined : right[dossier.winner];
  const graded =
    truth === undefined
      ? "the task cannot grade it"
      : `exact answer ${truth}: ${isRight ? "right" : "wrong"}`;
  return [
    `${line.text} → ${answer.answer} (${answer.author})`,
    `agree: ${agreed.join(", ")}${others.length > 0 ? `; others: ${others.join("; ")}` : ""}`,
    `confidence: ${answer.confidence === undefined ? "nobody checked" : `${percent(answer.confidence)}, ${agreeing} of ${given} checks`}; ${graded}`,
    ...answer.reasons.map(({ by, text }) => `${by}: ${text.replaceAll(/\s+/g, " ").trim()}`),
  ].join("\n");
};

export const ask = async (run: string, text: string, flags: AskFlags): Promise<void> => {
  const seconds = secondsOf(flags);
  const output = new Output(flags);
  const client = new ActClient(run, flags.runs);
  const operator = flags.operator ?? userName();
  const { question = "" } = await client.perform({ act: "ask", text, seconds, operator });
  const interrupt = onInterrupt();
  try {
    const view = await answered(client, question, seconds, interrupt.signal, (phase) =>
      output.say(`${question}: ${phase} …`),
    );
    if (view !== undefined) return output.show(view, () => verdictText(view));
    output.show(
      { question },
      () => `${question} has no answer yet; the page of ${run} shows it when it has.`,
    );
    process.exitCode = 1;
  } finally {
    interrupt.release();
  }
};
