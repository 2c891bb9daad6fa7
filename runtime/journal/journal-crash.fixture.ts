/** Appends transactions of three records until it is killed; it prints a number once its transaction is on disk. */

import { sealed } from "../messages.fixture.ts";
import { Journal } from "./journal.ts";

const folder = process.argv[2] ?? "";
const first = Number(process.argv[3]);
const journal = first === 0 ? Journal.create(folder, "crash: test") : Journal.open(folder);
const filling = "x".repeat(2_000);
for (let group = first; ; group += 1) {
  const job = `j${group}`;
  journal.append([
    sealed({
      type: "question.voided",
      question: job,
      round: 0,
      author: "a",
      adapter: 0,
      text: filling,
      reason: "",
    }),
    sealed({ type: "agent.left", agent: job, reason: filling }),
    sealed({ type: "training.failed", job, model: "a", version: 1, cause: filling }),
  ]);
  process.stdout.write(`${group}\n`);
}
