/** Solves a question by chain of thought, with the elite history as few-shot examples. */
import { firstVerifiersOf } from "../../machines/folds/panel.ts";
import { isTaught, type Solve } from "../../machines/work.ts";
import type { Attempt } from "../../machines/work-order.ts";
import type { Draft, Exemplar } from "../../runtime/messages.ts";
import type { Tools } from "../agent.ts";
import { askOnce, UnparsableReply } from "./ask.ts";
import { overflowOf, renderExamples } from "./prompting.ts";

/** As many of the best exemplars as fit into the model's context with the question. */
const fitting = (tools: Tools, question: string, exemplars: readonly Exemplar[]): readonly Exemplar[] => {
  const variables = { question, examples: renderExamples(tools, exemplars) };
  if (exemplars.length === 0 || overflowOf(tools, "solver", variables) === undefined) return exemplars;
  return fitting(tools, question, exemplars.slice(0, -1));
};

/** @throws UnparsableReply if the reply has no answer; CutOffReply, ContextOverflow */
export const solve = async (
  tools: Tools,
  work: Solve,
  { attempt }: Attempt,
  signal: AbortSignal,
): Promise<Draft[]> => {
  const { id, question, text, group, exemplars, examined = true } = work;
  const adapter = tools.models.get(tools.name)?.current ?? 0;
  // The next attempt leaves the examples out: they may be the reason of the failure.
  const shown = attempt === 0 ? fitting(tools, text, exemplars) : [];
  const examples = renderExamples(tools, shown);
  const variables = { question: text, examples };
  const { text: reply, tokens } = await askOnce(
    tools,
    { prompt: "solver", variables, id, about: question, attempt, adapter },
    signal,
  );
  const answer = tools.pack.answer(reply);
  if (answer === undefined) throw new UnparsableReply("solver", reply);
  const offered = {
    solutionId: `${question}/${tools.name}`,
    author: tools.name,
    adapter,
    text: reply,
    tokens,
    answer,
    examples,
    exemplars: shown.map((exemplar) => exemplar.question),
    taught: isTaught(work),
  };
  const verifiers = examined ? firstVerifiersOf({ question, group }, offered, tools.config) : [];
  return [{ type: "solution.offered", question, text, group: [...group], verifiers, offered }];
};
