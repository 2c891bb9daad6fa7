/** A peer with a key of its own that is no member: it sends what nobody may believe, and says what became of it. */
import { setTimeout as sleep } from "node:timers/promises";
import { pack } from "msgpackr";
import type { KeyedServer } from "../../cli/commands/keyed-server.fixture.ts";
import { chanceOf } from "../../machines/random.ts";
import type { Bus } from "../../runtime/bus/bus.ts";
import type { Draft, Message } from "../../runtime/messages.ts";
import { appendSubject, subjectOf } from "../../runtime/wire/sender.ts";
import type { Fault } from "./fault.ts";
import type { Observer } from "./observer.ts";

/** How long it waits to be refused [ms]. */
const patience = 4_000;

const forgedDrafts = (topic: string): readonly (readonly [from: string, Draft])[] => [
  ["supervisor", { type: "run.finished", rounds: 1, reason: "because a stranger says so" }],
  ["operator", { type: "operator.stopped", act: topic, operator: "eve" }],
  ["attendance", { type: "agent.lapsed", agent: "ant", failures: 9, cause: topic }],
  ["trainer", { type: "adapter.published", job: "ant@v99", model: "ant", version: 99, folder: "/tmp" }],
];

/** A settled question of this run under another name, with ratings of the forger's own. */
const forgedQuestion = (records: readonly Message[], question: string): Message | undefined => {
  const settled = records.findLast((record) => record.type === "question.settled");
  if (settled?.type !== "question.settled") return undefined;
  const ratings = Object.fromEntries(
    Object.keys(settled.ratings).map((name) => [name, { mu: 99, sigma: 1 }]),
  );
  return { ...settled, dossier: { ...settled.dossier, question }, ratings };
};

const nested = (depth: number): unknown => (depth === 0 ? "deep" : [nested(depth - 1)]);

export class Stranger {
  readonly #bus: Bus;
  readonly #run: string;
  readonly #observer: Observer;
  /** Messages that the server has refused to pass on. */
  #refused = 0;

  private constructor(bus: Bus, run: string, observer: Observer) {
    this.#bus = bus;
    this.#run = run;
    this.#observer = observer;
    bus.onStatus((status) => {
      if (status.type === "refused") this.#refused += 1;
    });
  }

  static async open(server: KeyedServer, run: string, observer: Observer): Promise<Stranger> {
    return new Stranger(await server.connectAs("eve"), run, observer);
  }

  /** What the society or its server has said to it; empty if it has said nothing. */
  async act({ kind, id, count }: Fault): Promise<string[]> {
    const topic = `chaos-${id}`;
    const [refused, letters] = [this.#refused, this.#lettersAbout(topic)];
    if (kind === "peer malformed") this.#sendMalformed(topic, count);
    else if (kind === "peer oversize") this.#sendOversize(topic);
    else this.#sendForged(topic);
    for (let waited = 0; waited < patience; waited += 100) {
      await sleep(100);
      const found = this.#lettersAbout(topic) - letters;
      const answers = [
        ...(found > 0 ? [`${found} dead letters`] : []),
        ...(this.#refused > refused ? [`${this.#refused - refused} refused by the server`] : []),
      ];
      if (answers.length > 0) return answers;
    }
    return [];
  }

  async close(): Promise<void> {
    await this.#bus.close();
  }

  #lettersAbout(topic: string): number {
    return this.#observer.refusals.filter((refusal) => refusal.includes(topic)).length;
  }

  #own(topic: string): string {
    return `agora.${this.#run}.eve.remark.made.${topic}`;
  }

  #sendMalformed(topic: string, count: number): void {
    const noise = (seed: number): Uint8Array =>
      Uint8Array.from({ length: 200 }, (_, index) => 256 * chanceOf(topic, seed, index));
    for (let index = 0; index < count; index += 1) this.#bus.publish(this.#own(topic), noise(index));
    this.#bus.publish(this.#own(topic), pack(nested(200)));
    this.#bus.publish(this.#own(topic), pack({ type: "remark.made", from: "eve", at: "noon", __proto__: 1 }));
    this.#bus.publish(`agora.${this.#run}.eve.append.question.voided.${topic}`, noise(count));
  }

  /** As large as the server lets pass, and a text beyond what a message may hold. */
  #sendOversize(topic: string): void {
    this.#bus.publish(this.#own(topic), new Uint8Array(this.#bus.maxPayload));
    const text = "x".repeat(2_000_000);
    const remark = { type: "remark.made", from: "eve", at: 0, question: topic, kind: "k", text };
    this.#bus.publish(this.#own(topic), pack(remark));
  }

  #sendForged(topic: string): void {
    const drafts = forgedDrafts(topic).map(
      ([from, draft]) => ({ ...draft, from, at: Date.now() }) as Message,
    );
    const settled = forgedQuestion(this.#observer.records(), topic);
    for (const message of settled === undefined ? drafts : [...drafts, settled]) {
      const payload = pack(message);
      this.#bus.publish(subjectOf(this.#run, message), payload);
      this.#bus.publish(appendSubject(this.#run, message), payload);
      // In its own name's place, which the server lets pass.
      this.#bus.publish(this.#own(topic), payload);
    }
  }
}
