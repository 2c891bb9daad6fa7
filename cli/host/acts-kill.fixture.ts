/** A scripted society in its own process, which an operator pauses and sets; then a test kills it. */
import { loadConfig } from "../../runtime/config/config.ts";
import { startRun } from "./host.ts";
import { scriptedParts } from "./scripted-society.ts";

const [config = ""] = process.argv.slice(2);
const loaded = loadConfig({ overrides: JSON.parse(config), env: {} });
const opened = Promise.withResolvers<void>();
const run = await startRun(
  { config: loaded, onMessage: ({ type }) => void (type === "round.opened" && opened.resolve()) },
  scriptedParts(loaded),
);
await opened.promise;
await run.acts.perform({ act: "pause", operator: "ada" });
await run.acts.perform({ act: "set", difficulty: 5, components: { fem: false }, operator: "ada" });
process.stdout.write("acted\n");
await run.ended;
