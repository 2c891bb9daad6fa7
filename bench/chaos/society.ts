/**
 * A society as its users start it: `agora run`, members by `agora join`, a NATS server with keys, and a link from each
 * process to it. Processes that end before the run does are started again.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type KeyedServer, startKeyedServer } from "../../cli/commands/keyed-server.fixture.ts";
import { runFolder } from "../../cli/host/run-folder.ts";
import { startSumsServer } from "../../cli/host/sums-server.fixture.ts";
import { hasFinished, resultIn } from "../../experiments/arms/run-state.ts";
import { Link } from "../../runtime/bus/link.fixture.ts";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import type { ModelFixture } from "../../runtime/model/model-server.fixture.ts";
import { ModelFaults } from "./model-faults.ts";
import { Observer } from "./observer.ts";
import { groupOf, type Plan } from "./plan.ts";
import { Program } from "./program.ts";
import { chaosConfig } from "./society-config.ts";
import { Tampering } from "./tampering.ts";

/** Between the end of a process and the start of the next in its place [ms]. */
const pause = 200;
/** How long a process may take to end after SIGINT [ms]. */
const leaving = 15_000;

const isHosting = ({ said }: Program): boolean => /^(?:Started|Resumed) run /m.test(said);

interface Member {
  readonly names: string;
  readonly link: Link;
  program: Program | undefined;
}

export class Society {
  readonly plan: Plan;
  readonly folder: string;
  readonly config: Config;
  readonly server: KeyedServer;
  readonly observer: Observer;
  readonly models: ReadonlyMap<string, ModelFaults>;
  readonly links: ReadonlyMap<string, Link>;
  readonly tamperings: ReadonlyMap<string, Tampering>;
  readonly members: ReadonlyMap<string, Member>;
  /** What no fault excuses. */
  readonly complaints: string[] = [];
  readonly #fixtures: readonly ModelFixture[];
  /** The host, and those that wait to become it, in the order in which they were started. */
  readonly #hosts: Program[] = [];
  readonly #keeping: Promise<void>[] = [];
  #isOver = false;

  private constructor(made: Made) {
    this.plan = made.plan;
    this.folder = made.folder;
    this.config = made.config;
    this.server = made.server;
    this.observer = made.observer;
    this.models = made.models;
    this.links = made.links;
    this.tamperings = made.tamperings;
    this.#fixtures = made.fixtures;
    const { joined } = groupOf(made.plan.kind);
    this.members = new Map(
      joined.map((names) => [names, { names, link: made.links.get(names) as Link, program: undefined }]),
    );
  }

  static async start(plan: Plan, rounds: number): Promise<Society> {
    const society = new Society(await make(plan, rounds));
    society.#keeping.push(society.#keepHosting());
    if (plan.kind === "standby") society.#keeping.push(society.#keepStandingBy());
    for (const member of society.members.values()) society.#keeping.push(society.#keepJoined(member));
    return society;
  }

  /** The process that has the run: the last to have begun with it. */
  get host(): Program | undefined {
    return this.#hosts.findLast((program) => program.isAlive && isHosting(program));
  }

  /** A process that waits for the host to die. */
  get standby(): Program | undefined {
    return this.#hosts.findLast((program) => program.isAlive && !isHosting(program));
  }

  /** Where a process reads how wrong its clock is. */
  skewOf(name: string): string {
    return join(this.folder, `skew-${name}`);
  }

  /** Whether the run has ended by its own goal. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends the processes that still run. Members that do not leave when they are asked to are a complaint. */
  async stop(): Promise<void> {
    this.#isOver = true;
    const programs = [...this.#hosts, ...[...this.members.values()].flatMap(({ program }) => program ?? [])];
    for (const program of programs.filter(({ isAlive }) => isAlive)) {
      program.signal("SIGCONT");
      program.signal("SIGINT");
      const timely = await Promise.race([program.ended.then(() => true), sleep(leaving, false)]);
      if (!timely) this.complaints.push(`process ${program.pid} lives on ${leaving / 1000} s after SIGINT`);
      program.signal("SIGKILL");
    }
    await Promise.all(this.#keeping);
  }

  /** Ends what the processes needed. */
  async close(): Promise<void> {
    await this.observer.close();
    await Promise.all([...this.links.values()].map((link) => link.close()));
    await Promise.all(this.#fixtures.map((fixture) => fixture.stop()));
    await this.server.stop();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #program(name: string, given: readonly string[]): Program {
    return new Program(given, { log: join(this.folder, `${name}.out`), skew: this.skewOf(name) });
  }

  #hostFlags(): string[] {
    const { joined } = groupOf(this.plan.kind);
    return ["--remote", joined.join(","), "--problems", "0", "--no-page"];
  }

  #resumed(more: readonly string[] = []): string[] {
    const { run, runsFolder } = this.config;
    return ["resume", run, "--runs", runsFolder, ...this.#hostFlags(), ...more];
  }

  #hostCommand(): string[] {
    if (this.observer.hasJournal()) return this.#resumed();
    return ["run", "-c", join(this.folder, "run.yaml"), ...this.#hostFlags()];
  }

  /** Starts it again and again until the run is over. */
  async #keepHosting(): Promise<void> {
    while (!this.#isOver) {
      const waits = this.plan.kind === "standby" && this.observer.hasJournal();
      await this.#host(waits ? this.#resumed(["--standby"]) : this.#hostCommand());
    }
  }

  async #keepStandingBy(): Promise<void> {
    while (!this.#isOver) {
      if (this.observer.hasJournal()) await this.#host(this.#resumed(["--standby"]));
      await sleep(pause);
    }
  }

  async #host(given: readonly string[]): Promise<void> {
    const program = this.#program("host", given);
    this.#hosts.push(program);
    await program.ended;
    this.#hosts.splice(this.#hosts.indexOf(program), 1);
    // A host that was killed after the last round, and before it could report, is started again.
    if (this.observer.isFinished() && hasFinished(resultIn(runFolder(this.config)))) this.#isOver = true;
    else await sleep(pause);
  }

  async #keepJoined(member: Member): Promise<void> {
    const { run, runsFolder } = this.config;
    const { names, link } = member;
    const flags = [
      "--run",
      run,
      "--agents",
      names,
      "--runs",
      runsFolder,
      "--nats-key",
      this.server.keyOf(names),
    ];
    while (!this.#isOver) {
      member.program = this.#program(names, ["join", link.url, ...flags]);
      await member.program.ended;
      if (!this.#isOver) await sleep(pause);
    }
  }
}

interface Made {
  readonly plan: Plan;
  readonly folder: string;
  readonly config: Config;
  readonly server: KeyedServer;
  readonly observer: Observer;
  readonly models: ReadonlyMap<string, ModelFaults>;
  readonly links: ReadonlyMap<string, Link>;
  readonly tamperings: ReadonlyMap<string, Tampering>;
  readonly fixtures: readonly ModelFixture[];
}

/** Everything besides the processes. */
const make = async (plan: Plan, rounds: number): Promise<Made> => {
  const folder = mkdtempSync(join(tmpdir(), "agora-chaos-"));
  const { hosted, joined } = groupOf(plan.kind);
  const names = [...hosted, ...joined];
  const server = await startKeyedServer([...names, "eve"], { jetStream: plan.kind === "standby" });
  const tamperings = new Map(joined.map((name) => [name, new Tampering()]));
  const links = new Map<string, Link>();
  for (const name of ["host", ...joined])
    links.set(name, await Link.open(server.port, tamperings.get(name)?.relay));
  const models = new Map<string, ModelFaults>();
  const fixtures: ModelFixture[] = [];
  const endpoints = new Map<string, string>();
  for (const [index, name] of plan.kind === "pocket" ? [] : names.entries()) {
    const faults = new ModelFaults(name);
    const fixture = await startSumsServer({ model: name, seed: 1000 * index, instead: faults.instead });
    models.set(name, faults);
    fixtures.push(fixture);
    endpoints.set(name, fixture.endpoint);
  }
  const declared = chaosConfig({ plan, names, endpoints, rounds, folder });
  const withServer = { ...declared, nats: links.get("host")?.url ?? "", natsKey: server.keyOf("host") };
  writeFileSync(join(folder, "run.yaml"), JSON.stringify(withServer));
  const config = loadConfig({ file: join(folder, "run.yaml"), env: {} });
  const observer = await Observer.open(config, server);
  for (const name of ["host", ...joined]) writeFileSync(join(folder, `skew-${name}`), "0");
  if (!existsSync(config.runsFolder)) mkdirSync(config.runsFolder, { recursive: true });
  return { plan, folder, config, server, observer, models, links, tamperings, fixtures };
};
