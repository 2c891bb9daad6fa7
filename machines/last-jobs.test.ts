/** How a run ends between the supervisor and the trainer: every job that was requested ends before the run does. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Draft, durableKey, type Message, type MessageOf } from "../runtime/messages.ts";
import { after, type Driven, drive, group, heard, said, settings, settledOf } from "./machines.fixture.ts";
import { supervisorMachine } from "./supervisor.ts";
import { trainerMachine } from "./trainer.ts";

const configured = { ...settings, rounds: 2, externalAnchor: false } as const;

const joining = group.map((agent) =>
  said("agent.joined", { agent, kind: "model", machine: {}, member: true }),
);

const endTypes: ReadonlySet<string> = new Set(["adapter.published", "adapter.rejected", "training.failed"]);

const openJobs = (records: readonly Message[]): MessageOf<"training.requested">[] => {
  const ended = new Set(
    records.flatMap((each) => (endTypes.has(each.type) && "job" in each ? each.job : [])),
  );
  return records.filter(
    (each): each is MessageOf<"training.requested"> =>
      each.type === "training.requested" && !ended.has(each.job),
  );
};

/** A job ends in one way or another. */
const endOf = ({ job, model, version, generation }: MessageOf<"training.requested">): Message =>
  generation % 2 === 0
    ? said("adapter.rejected", { job, model, version, cause: "worse" })
    : said("adapter.published", { job, model, version, folder: "" });

const settledIn = ({ round, attempt, count }: MessageOf<"round.opened">): Message[] =>
  Array.from({ length: count }, (_, index) => {
    const message = settledOf(`q${round}-${attempt}.${index}`, ["ant"]);
    return { ...message, dossier: { ...message.dossier, round } };
  });

/** Both machines over a journal. Messages are on their way in any order; those without a durable key may be lost. */
class Society {
  readonly records: Message[] = [];
  #underway: Message[] = [];
  #supervisor!: Driven<typeof supervisorMachine>;
  #trainer!: Driven<typeof trainerMachine>;

  constructor() {
    this.#begin();
  }

  get isOver(): boolean {
    return this.#supervisor.state.status === "done";
  }

  get requestsUnderway(): readonly Message[] {
    return this.#underway.filter(({ type }) => type === "training.requested");
  }

  /** One message arrives. @param draw decides which, who hears it first, and whether it is lost. */
  step(draw: number): void {
    const [message] = this.#underway.splice(draw % Math.max(1, this.#underway.length), 1);
    if (message === undefined) this.#wait();
    else if (durableKey(message) === undefined && draw % 7 === 0) return;
    else if (this.#record(message)) this.#deliver(message, draw % 2 === 0);
  }

  /** The process is killed; some of what it has sent reaches the journal before another begins. */
  kill(draw: number): void {
    for (const [index, message] of this.#underway.entries()) {
      const isSent = message.type !== "question.settled" && !endTypes.has(message.type);
      if (isSent && durableKey(message) !== undefined && (draw >> (index % 8)) % 2 === 0)
        this.#record(message);
    }
    this.#begin();
  }

  #begin(): void {
    const input = { settings: configured, records: [...this.records] };
    this.#underway = openJobs(this.records).map(endOf);
    this.#trainer = drive(trainerMachine, input);
    this.#supervisor = drive(supervisorMachine, { ...input, expected: group });
    this.#send(this.#trainer.last);
    this.#send(this.#supervisor.last);
    for (const message of joining) this.#deliver(message, true);
  }

  /** What was lost is said again at a deadline. */
  #wait(): void {
    const path = `supervisor.${String(this.#supervisor.state.value)}`;
    this.#supervisor = this.#supervisor.send(after("deadline", path));
    this.#send(this.#supervisor.last);
  }

  /** Whether the message is heard: a durable one is recorded and heard once. */
  #record(message: Message): boolean {
    const key = durableKey(message);
    if (key === undefined) return true;
    if (this.records.some((record) => durableKey(record) === key)) return false;
    this.records.push(message);
    return true;
  }

  #deliver(message: Message, isTrainerFirst: boolean): void {
    if (message.type === "round.opened") this.#underway.push(...settledIn(message));
    if (message.type === "training.requested") this.#underway.push(endOf(message));
    const hearers = [() => this.#tellTrainer(message), () => this.#tellSupervisor(message)];
    for (const tell of isTrainerFirst ? hearers : hearers.toReversed()) tell();
  }

  #tellTrainer(message: Message): void {
    this.#trainer = this.#trainer.send(message);
    this.#send(this.#trainer.last);
    if (!endTypes.has(message.type) || !("job" in message)) return;
    this.#trainer = this.#trainer.send({ type: "job.ended", job: message.job });
    this.#send(this.#trainer.last);
  }

  #tellSupervisor(message: Message): void {
    if (this.isOver) return;
    this.#supervisor = this.#supervisor.send(message);
    this.#send(this.#supervisor.last);
  }

  #send(drafts: readonly Draft[]): void {
    this.#underway.push(...drafts.map(heard));
  }
}

const draws = fc.array(fc.nat({ max: 10_000 }), { minLength: 400, maxLength: 400 });

/** Plays until the run is over. @param killed before which steps the process is killed. */
const playedOut = (order: readonly number[], killed: readonly number[] = []): Society => {
  const society = new Society();
  for (const [index, draw] of order.entries()) {
    if (society.isOver) break;
    if (killed.includes(index)) society.kill(draw);
    else society.step(draw);
  }
  return society;
};

const expectNoOpenJob = (society: Society): void => {
  expect(society.isOver).toBe(true);
  expect(openJobs(society.records)).toEqual([]);
  expect(society.requestsUnderway).toEqual([]);
  expect(society.records.filter(({ type }) => type === "training.requested").length).toBeGreaterThan(0);
};

describe("no job is left without an end", () => {
  test("in whatever order messages arrive", () => {
    fc.assert(
      fc.property(draws, (order) => expectNoOpenJob(playedOut(order))),
      { seed: 1, numRuns: 100, endOnFailure: true },
    );
  });

  test("also where the process is killed on the way", () => {
    const kills = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(draws, kills, (order, killed) => expectNoOpenJob(playedOut(order, killed))),
      { seed: 1, numRuns: 100, endOnFailure: true },
    );
  });
});
