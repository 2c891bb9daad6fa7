/**
 * A scripted host in its own process, with the lease of its run: `run`, or `resume` as a standby. Members named last join from
 * other processes. It prints `hosts` when it has the lease and has started, and at the end its outcome.
 */
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import { loadConfig } from "../../runtime/config/config.ts";
import { takeLease } from "../../runtime/jetstream/lease.ts";
import { startRun } from "./host.ts";
import { scriptedParts, slowScript } from "./scripted-society.ts";

const [runsFolder = "", servers = "", mode = "run", ...remote] = process.argv.slice(2);

const config = loadConfig({
  env: {},
  overrides: {
    ...{
      run: "leased",
      runsFolder,
      nats: servers,
      lora: false,
      externalAnchor: false,
      heartbeatSeconds: 0.25,
    },
    models: ["a", "b", "c"].map((name) => ({ name, model: name, endpoint: "http://127.0.0.1:1/v1" })),
    // Only the signal of a test ends it.
    ...{ rounds: 100_000, updates: 100_000, questionsPerRound: 4 },
  },
});
const lease = await takeLease({ servers, run: config.run, holder: mode, replicas: 1, ttlSeconds: 2 });
const isStandby = mode === "resume";
// A standby that poses the same questions again would be stuck: all of them would be void as duplicates.
const scripts = config.models.map(({ name }, index) => [
  name,
  slowScript(index + (isStandby ? 100 : 0), 0.01),
]);
const parts = scriptedParts(config, {
  bus: await connectNatsBus({ servers }),
  scripts: Object.fromEntries(scripts),
});
const run = await startRun(
  { config, remote, resume: isStandby, takeOver: isStandby, lost: lease?.lost },
  parts,
);
process.stdout.write("hosts\n");
process.on("SIGTERM", () => void run.stop());
const end = await run.ended;
await run.close();
process.stdout.write(`${end.outcome}${end.outcome === "failed" ? `: ${String(end.cause)}` : ""}\n`);
await lease?.release();
process.exit();
