/**
 * The tree of commands with their arguments and options. The code of a command is loaded when it is called, so
 * `--help` and `--version` are fast.
 */
import { hostname } from "node:os";
import { Argument, Command } from "commander";
import { packageVersion } from "../runtime/package-version.ts";
import { exitCodeHelp } from "./exit-codes.ts";
import {
  collect,
  type Shell,
  shells,
  withConfiguration,
  withJson,
  withOperator,
  withPage,
  withPlay,
  withQuiet,
  withRun,
  withSettings,
} from "./options.ts";

type Action<Given extends readonly unknown[]> = (...given: Given) => unknown;

/** An action whose module is imported when the command is called. */
const lazily =
  <Given extends readonly unknown[]>(load: () => Promise<Action<Given>>) =>
  async (...given: Given): Promise<void> => {
    const action = await load();
    await action(...given);
  };

const run = withQuiet(
  withJson(
    withPlay(
      withConfiguration(new Command("run").description("Start a run: the embedded models by default.")),
    ).option("--nats <url>", "NATS server (key nats); default: NATS_URL"),
  ),
).action(lazily(async () => (await import("./commands/run.ts")).run));

const resume = withQuiet(
  withJson(
    withPlay(
      withSettings(
        withOperator(
          withRun(
            new Command("resume").description(
              "Continue a run: one that was paused goes on; after a stop, a crash or a kill it is played here; -s updates=6 extends it.",
            ),
          ),
        ),
        "raise one of the run's goals: rounds, updates or tokens (repeatable)",
      ).option(
        "--standby",
        "wait until the run's host is gone, then go on in its place (NATS with JetStream)",
      ),
    ),
  ),
).action(lazily(async () => (await import("./commands/run.ts")).resume));

/** A command that acts on a run which another process plays. */
const acting = (command: Command): Command => withQuiet(withJson(withOperator(withRun(command))));

const ask = withQuiet(
  withJson(
    withOperator(
      withRun(
        new Command("ask").description(
          "Ask the society of a running run a question, and print its verdict, with who agreed and why.",
        ),
      )
        .argument("<text>", "the question, as the group poses them, such as 7*8+5")
        .option("--seconds <count>", "the most that the question may take [s]", "120"),
    ),
  ),
).action(lazily(async () => (await import("./commands/ask.ts")).ask));

const pause = acting(
  new Command("pause").description("Pause a running run between two rounds; agora resume lets it go on."),
).action(lazily(async () => (await import("./commands/acts.ts")).pause));

const step = acting(
  new Command("step").description("Let a running run play one round, and pause it then."),
).action(lazily(async () => (await import("./commands/acts.ts")).step));

const stop = acting(
  new Command("stop").description("Stop a running run as Ctrl-C does; agora resume continues it."),
).action(lazily(async () => (await import("./commands/acts.ts")).stop));

const set = acting(
  new Command("set").description(
    "Set the difficulty, the strategy or components of a running run from its next round: difficulty=4 fem=false.",
  ),
)
  .argument("<key=value...>", "difficulty, strategy, or a component with true or false")
  .action(lazily(async () => (await import("./commands/acts.ts")).set));

const adapter = withQuiet(
  withJson(
    withOperator(
      new Command("adapter")
        .description(
          "Reject the adapter that a model of a running run is getting, or roll back the one it has.",
        )
        .addArgument(new Argument("<deed>", "what to do").choices(["reject", "rollback"]))
        .argument("<run>", "name of the run")
        .argument("<model>", "name of the model")
        .option("--runs <folder>", "folder of the runs' folders", "runs"),
    ),
  ),
).action(lazily(async () => (await import("./commands/acts.ts")).adapter));

const fork = withQuiet(
  withJson(
    withOperator(
      withSettings(
        withRun(
          new Command("fork").description(
            "Make a new run of the records of another, with some keys set differently; agora resume plays it.",
          ),
        ),
        "a component, gate, seed, rounds, updates or tokens of the new run (repeatable)",
      ),
    )
      .option("--name <name>", "name of the new run; default: the other's with a number")
      .option("--round <number>", "begin after this round of the other run; default: with all records"),
  ),
).action(lazily(async () => (await import("./commands/fork.ts")).fork));

const replay = withQuiet(
  withJson(
    withPage(
      withRun(new Command("replay").description("Serve the page of an earlier run, with a time slider.")),
    ),
    "print the page's address as JSON",
  ),
).action(lazily(async () => (await import("./commands/replay.ts")).replay));

const watch = withJson(
  withRun(
    new Command("watch").description(
      "Show ratings, states and progress of a run that another process plays.",
    ),
  ),
  "print the journal's records, one JSON object a line,",
).action(lazily(async () => (await import("./commands/watch.ts")).watch));

const report = withQuiet(
  withJson(
    withRun(
      new Command("report").description(
        "Write what a run or an experiment learned, with confidence intervals, and how to repeat it, into its folder.",
      ),
    )
      .option("--output <file>", "file to write, for an experiment a folder; default: in its own folder")
      .option(
        "--html <file>",
        "write the page of a run as one file that opens without a server, and no report",
      ),
  ),
).action(lazily(async () => (await import("./commands/report.ts")).report));

const compare = withQuiet(
  withJson(
    new Command("compare")
      .description(
        "Compare runs with the first one: differences with 95 % intervals, and what was set differently.",
      )
      .argument("<run...>", "names of runs, or paths of their folders")
      .option("--runs <folder>", "folder of the runs' folders", "runs"),
  ),
).action(lazily(async () => (await import("./commands/compare.ts")).compare));

const page = withQuiet(
  withJson(
    withPage(
      new Command("page")
        .description(
          "Serve one page of all runs in a folder: a table, comparisons, and the page of each run.",
        )
        .argument("[folder]", "folder of the runs' folders", "runs"),
    ),
    "print the page's address as JSON",
  ),
).action(lazily(async () => (await import("./commands/shelf.ts")).shelf));

const experiment = withQuiet(
  withJson(
    new Command("experiment")
      .description(
        "Play the arms of an experiment with equal budgets, or continue it; finished runs are kept.",
      )
      .argument("<file>", "YAML file, or a ready one: main, ablation, heterogeneity, isolation, dynamics")
      .option("-c, --config <file>", "YAML file with the base configuration, in place of the file's")
      .option("-s, --set <key=value>", "set one key of the base configuration (repeatable)", collect, [])
      .option(
        "--arm <name=file>",
        "add an arm: YAML keys, or the module of an agent type (repeatable)",
        collect,
        [],
      )
      .option("--seeds <list>", "seeds in place of the file's, such as 1,2,3")
      .option(
        "--budget <kind=count>",
        "budget of each run in place of the file's: tokens=<count> or rounds=<count>",
      )
      .option("--problems <count>", "held-out problems in place of the file's; 0 measures nothing")
      .option("--name <name>", "name of the experiment and of its folder; default: the file's")
      .option("--runs <folder>", "folder of the experiments' folders", "runs")
      .option("--parallel <count>", "runs at once; default: as many as cores or endpoints allow")
      .option("--no-preflight", "start without checking first what is missing")
      .option("--dry-run", "print the plan with its cost and time, and start nothing"),
  ),
).action(lazily(async () => (await import("./commands/experiment.ts")).experiment));

const exporting = withQuiet(
  withJson(
    withRun(
      new Command("export").description(
        "Write each model's samples (JSONL in chat form) and adapters, with a manifest.",
      ),
    )
      .option("--output <folder>", "folder to write; default: export in the run's own")
      .option(
        "--merge",
        "also write checkpoints with the adapters in force merged into their bases (Python)",
      ),
  ),
).action(lazily(async () => (await import("./commands/export.ts")).exportOf));

const models = withJson(new Command("models").description("List the embedded models.")).action(
  lazily(async () => (await import("./commands/models.ts")).listModels),
);

const doctor = withQuiet(
  withJson(
    withConfiguration(
      new Command("doctor").description(
        "Check Node, storage, NATS, endpoints and adapters, and say how to fix each.",
      ),
    ),
  ),
).action(lazily(async () => (await import("./commands/doctor.ts")).doctor));

const servePocket = withQuiet(
  withJson(
    new Command("serve-pocket")
      .description("Serve embedded models over HTTP, as an OpenAI-compatible endpoint on loopback.")
      .argument("[models...]", "names of models; default: all")
      .option("-p, --port <port>", "port on 127.0.0.1", "8000")
      .option("--adapters <folder>", "folder that adapters may be loaded from", "runs"),
    "print the address as JSON",
  ),
).action(lazily(async () => (await import("./commands/serve-pocket.ts")).serve));

const up = withQuiet(
  withJson(
    withSettings(
      new Command("up")
        .description(
          "Start the servers of a configuration, restart those that fail, and stop them at the end.",
        )
        .argument("<config>", "YAML file with the run's configuration")
        .argument("[command...]", "after --: a command to run while the servers run; they stop when it ends"),
    ).option("--dry-run", "print the exact commands and start nothing"),
    "with --dry-run: print the commands as JSON",
  ),
).action(lazily(async () => (await import("./commands/up.ts")).up));

const keys = withJson(
  new Command("keys")
    .description(
      "Make a key for each user of a NATS server, and the part of its configuration that knows them.",
    )
    .argument("<folder>", "folder of the keys; those that are there stay")
    .option("--agents <names>", "agents in other processes, separated by commas"),
).action(lazily(async () => (await import("./commands/keys.ts")).keys));

const trainer = withQuiet(
  new Command("trainer")
    .description(
      "Train for runs on other machines (trainer: nats in their configuration): take jobs from a work queue.",
    )
    .option("--nats <url>", "NATS server with JetStream; default: NATS_URL")
    .option("--nats-key <file>", "file with the trainer's key (agora keys); default: NATS_KEY")
    .option("--nats-ca <file>", "certificates of the authority that signed the NATS server's (TLS)")
    .option("--nats-replicas <count>", "copies that a NATS cluster keeps of the jobs: 1, 3 or 5", "1")
    .option("--name <name>", "name of this host in messages", hostname())
    .option("--folder <folder>", "folder of the jobs' files", "runs/trainer")
    .option(
      "--device <device>",
      "GPU to train on, as CUDA_VISIBLE_DEVICES names it; default: the first found",
    )
    .option("--python <python>", "Python with the packages of trainer/; default as for a run")
    .option("--trust-remote-code", "let checkpoints bring Python code of their own")
    .option(
      "--ack-wait <seconds>",
      "time without a sign of life after which a job goes to another host",
      "60",
    ),
).action(lazily(async () => (await import("./commands/trainer.ts")).train));

const join = withQuiet(
  withJson(
    new Command("join")
      .description("Play members of a run in this process, while another process or machine hosts it.")
      .argument("<nats-url>", "NATS server of the run")
      .requiredOption("--agents <names>", "members to play, separated by commas")
      .option("--run <run>", "name of the run; default: the only one at the server")
      .option(
        "-c, --config <file>",
        "YAML file with these members' models, where they are served otherwise here",
      )
      .option("--runs <folder>", "folder of the runs' folders, where this machine has it elsewhere")
      .option(
        "--nats-key <path>",
        "file with the member's key (agora keys), or the folder of several; default: NATS_KEY",
      )
      .option("--nats-ca <file>", "certificates of the authority that signed the NATS server's (TLS)")
      .option("--wait <seconds>", "time to wait for the run to start", "60"),
  ),
).action(lazily(async () => (await import("./commands/join.ts")).joinRun));

const schemas = new Command("schemas")
  .description("Print the messages as JSON Schema, for agents in other languages.")
  .action(lazily(async () => (await import("./commands/schemas.ts")).printSchemas));

const completion = new Command("completion")
  .description("Print a completion script for a shell: source <(agora completion bash)")
  .addArgument(new Argument("<shell>", "the shell").choices(shells))
  .action(
    lazily(async () => {
      const { completion: print } = await import("./commands/completion.ts");
      return (shell: Shell, _flags: unknown, { parent }: Command) => print(shell, parent);
    }),
  );

/** Errors of the command line are thrown: agora.ts turns them into exit codes. */
export const programOf = (): Command => {
  const program = new Command("agora")
    .description("A society of language models that learn from each other.")
    .version(packageVersion(), "-V, --version", "print the version")
    .showHelpAfterError("(see agora --help)")
    .addHelpText("after", exitCodeHelp);
  const all = [
    run,
    resume,
    ...[ask, pause, step, stop, set, adapter, fork],
    replay,
    watch,
    report,
    compare,
    page,
    experiment,
    exporting,
    models,
    doctor,
    servePocket,
    up,
    keys,
    trainer,
    join,
    schemas,
    completion,
  ];
  for (const command of all) program.addCommand(command.exitOverride());
  return program.exitOverride();
};
