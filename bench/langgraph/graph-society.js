/**
 * The phases of the plain society as the nodes of one LangGraph.js graph. Without a checkpointer nothing is kept between two
 * phases; with LangGraph's own in memory, the cheapest that it has, its state is serialized after each phase.
 * `npm ci --prefix bench/langgraph` installs what it needs.
 */
import { Annotation, END, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { pairsOf } from "../plain.ts";

const State = Annotation.Root({
  question: Annotation(),
  answers: Annotation(),
  verdicts: Annotation(),
  pairs: Annotation(),
  votes: Annotation(),
  winner: Annotation(),
});

const graphOf = (plain, checkpointer) =>
  new StateGraph(State)
    .addNode("pose", async () => ({ question: await plain.pose() }))
    .addNode("solve", async ({ question }) => ({ answers: await plain.solve(question) }))
    .addNode("verify", async ({ question, answers }) => {
      const verdicts = await plain.verify(question, answers);
      return { verdicts, pairs: pairsOf(answers, verdicts) };
    })
    .addNode("vote", async ({ question, pairs }) => ({ votes: await plain.vote(question, pairs) }))
    .addNode("rate", ({ pairs, votes }) => ({ winner: plain.rate(pairs, votes) ?? null }))
    .addNode("explain", async ({ question, answers, verdicts, votes, winner }) => {
      const explanation = winner && (await plain.explain(question, winner));
      plain.keep({ question, answers, verdicts, votes, winner: winner?.author, explanation });
      return {};
    })
    .addEdge(START, "pose")
    .addEdge("pose", "solve")
    .addEdge("solve", "verify")
    .addEdge("verify", "vote")
    .addEdge("vote", "rate")
    .addEdge("rate", "explain")
    .addEdge("explain", END)
    .compile({ checkpointer });

export const graphSociety = (plain, { checkpoints }) => {
  const saver = checkpoints ? new MemorySaver() : undefined;
  const graph = graphOf(plain, saver);
  let played = 0;
  return {
    play: async () => {
      played += 1;
      const thread = String(played);
      await graph.invoke({}, { configurable: { thread_id: thread } });
      // A question that has ended is not resumed, and memory would fill.
      await saver?.deleteThread(thread);
    },
    close: () => plain.close(),
  };
};
