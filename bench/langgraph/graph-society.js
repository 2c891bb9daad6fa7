/**
 * The phases of the plain society as the nodes of one LangGraph.js graph, without a checkpointer: nothing is written between
 * two phases. `npm ci --prefix bench/langgraph` installs what it needs.
 */
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { pairsOf } from "../plain.ts";

const State = Annotation.Root({
  question: Annotation(),
  answers: Annotation(),
  verdicts: Annotation(),
  pairs: Annotation(),
  votes: Annotation(),
  winner: Annotation(),
});

const graphOf = (plain) =>
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
    .compile();

export const graphSociety = (plain) => {
  const graph = graphOf(plain);
  return {
    play: async () => {
      await graph.invoke({});
    },
    close: () => plain.close(),
  };
};
