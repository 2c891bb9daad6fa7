/** Makes faults happen to a society, and keeps what shows that they have. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { chanceOf } from "../../machines/random.ts";
import type { LinkState } from "../../runtime/bus/link.fixture.ts";
import { type Fault, isMessageFault, isModelFault } from "./fault.ts";
import type { Ending, Program } from "./program.ts";
import type { Society } from "./society.ts";
import type { Stranger } from "./stranger.ts";
import { Trace } from "./trace.ts";

/** How long it looks for a process to do something to, and for its end [ms]. */
const patience = 20_000;
const day = 24 * 3600 * 1000;

const stateOf = ({ kind }: Fault): LinkState =>
  kind === "link cut" ? "cut" : kind === "link silent" ? "silent" : "slow";

/** What a host has to say that a full disk has ended; a standby may have taken over before. */
const namesCause = /free disk space|another process (?:has taken over|hosts)/;

const endingText = ({ code, signal }: Ending): string => `ended: ${signal ?? `code ${code}`}`;

/** The last line of what a process has said. */
const lastWords = ({ said }: Program): string => said.trim().split("\n").at(-1)?.slice(0, 300) ?? "";

export class Injector {
  readonly traces: Trace[] = [];
  readonly #society: Society;
  readonly #stranger: Stranger;
  readonly #underway = new Set<Promise<void>>();
  #restarted = Promise.resolve();

  constructor(society: Society, stranger: Stranger) {
    this.#society = society;
    this.#stranger = stranger;
  }

  /** Begins the fault; it may last. */
  inject(fault: Fault): void {
    const trace = new Trace(fault, this.#society.observer.newest());
    this.traces.push(trace);
    const happening = this.#happen(fault, (what) => trace.note(what, this.#society.observer.newest()))
      .catch((cause: unknown) =>
        this.#society.complaints.push(`${fault.kind} (${fault.id}): ${String(cause)}`),
      )
      .then(() => void this.#underway.delete(happening));
    this.#underway.add(happening);
  }

  /** Resolves once no fault lasts. Faults that wait for calls or messages may still wait. */
  async rest(): Promise<void> {
    while (this.#underway.size > 0) await Promise.all(this.#underway);
  }

  async #happen(fault: Fault, note: (what: string) => void): Promise<void> {
    const { kind, target, count, id } = fault;
    const society = this.#society;
    if (isModelFault(kind)) return society.models.get(target)?.add(kind, count, () => note("met a call"));
    if (isMessageFault(kind))
      return society.tamperings.get(target)?.add(kind, count, id, () => note("met a message"));
    switch (kind) {
      case "host killed":
      case "standby killed":
      case "member killed":
        return this.#kill(fault, note);
      case "host stalled":
      case "member stalled":
        return this.#stall(fault, note);
      case "clock skewed":
        return this.#skew(fault, note);
      case "disk full":
        return this.#fillDisk(fault, note);
      case "server restarted":
        return this.#restartServer(fault, note);
      case "link cut":
      case "link silent":
      case "link slow":
        return this.#hurtLink(fault, note);
      default:
        for (const answer of await this.#stranger.act(fault)) note(answer);
    }
  }

  #programOf(name: string): Program | undefined {
    if (name === "host") return this.#society.host;
    return name === "standby" ? this.#society.standby : this.#society.members.get(name)?.program;
  }

  /** The process, once it lives; undefined if the run ends before. */
  async #living({ target }: Fault): Promise<Program | undefined> {
    for (let waited = 0; waited < patience && !this.#society.isOver; waited += 50) {
      const program = this.#programOf(target);
      if (program?.isAlive) return program;
      await sleep(50);
    }
    return undefined;
  }

  async #kill(fault: Fault, note: (what: string) => void): Promise<void> {
    const program = await this.#living(fault);
    program?.signal("SIGKILL");
    const ending = await program?.ended;
    if (ending?.signal === "SIGKILL") note(`process ${program?.pid} ${endingText(ending)}`);
  }

  async #stall(fault: Fault, note: (what: string) => void): Promise<void> {
    const program = await this.#living(fault);
    if (program === undefined) return;
    program.signal("SIGSTOP");
    await sleep(fault.seconds * 1000);
    const stalled = program.isAlive;
    program.signal("SIGCONT");
    if (stalled) note(`process ${program.pid} stood still for ${fault.seconds.toFixed(1)} s`);
  }

  async #skew(fault: Fault, note: (what: string) => void): Promise<void> {
    const file = this.#society.skewOf(fault.target);
    const skew = Math.round((2 * chanceOf(fault.id, "skew") - 1) * day);
    writeFileSync(file, String(skew));
    for (let waited = 0; waited < patience && !this.#society.isOver; waited += 50) {
      const seen = existsSync(`${file}.seen`) ? readFileSync(`${file}.seen`, "utf8") : "";
      if (seen === String(skew)) return note(`the clock is wrong by ${(skew / 3_600_000).toFixed(1)} h`);
      await sleep(50);
    }
  }

  /** The host's files grow no more until it has ended; the next host has no such limit. */
  async #fillDisk(fault: Fault, note: (what: string) => void): Promise<void> {
    const program = await this.#living(fault);
    if (program === undefined) return;
    execFileSync("prlimit", ["--pid", String(program.pid), "--fsize=1:"]);
    // A society that waits for the end of a phase has nothing to record.
    const longest = patience + 1000 * this.#society.config.phaseTimeoutSeconds;
    const ending = await Promise.race([program.ended, sleep(longest, undefined)]);
    // Another fault has killed it before its disk was full.
    if (ending?.signal === "SIGKILL") return;
    if (ending !== undefined) {
      note(`${endingText(ending)}: ${lastWords(program)}`);
      // One that had nothing left to record has finished all the same.
      if (ending.code !== 0 && !namesCause.test(program.said))
        this.#society.complaints.push(`a full disk is not named: ${lastWords(program)}`);
      return;
    }
    this.#society.complaints.push(`process ${program.pid} goes on for ${longest / 1000} s with a full disk`);
    program.signal("SIGKILL");
  }

  /** One restart after another. */
  #restartServer({ seconds }: Fault, note: (what: string) => void): Promise<void> {
    const { server } = this.#society;
    this.#restarted = this.#restarted.then(async () => {
      await server.kill();
      await sleep(seconds * 1000);
      await server.restart();
      note(`nats-server was down for ${seconds.toFixed(1)} s`);
    });
    return this.#restarted;
  }

  async #hurtLink(fault: Fault, note: (what: string) => void): Promise<void> {
    const link = this.#society.links.get(fault.target);
    if (link === undefined) return;
    const before = link.spoiled;
    link.become(stateOf(fault));
    await sleep(fault.seconds * 1000);
    link.become("whole");
    const met = link.spoiled - before;
    if (met > 0) note(`${fault.seconds.toFixed(1)} s; it met ${met}`);
  }
}
