/**
 * Counts the messages of a run by sender and type, and estimates who hears them, so that a replay can show the flow.
 *
 * 1. Nothing is inspected: counting a message costs one look-up.
 * 2. The receivers of a type are those whose machine has a transition for its newest message. Agents that exist for one
 *    topic count as the crowd of their kind.
 */
import type { HouseWindow, Residence } from "../../actors/house.ts";
import type { Message } from "../../runtime/messages.ts";
import type { FeedFlow } from "../record/feed.ts";
import { crowdName, isOfCrowd } from "../views/agents.ts";

interface Sent {
  readonly from: string;
  count: number;
  newest: Message;
}

/** Senders that exist for one topic, such as `wren/q1`, are counted together. */
const guests = "/";

/** Maximum pairs of sender and type whose receivers are looked up at once. */
const maximumPairs = 40;

const hears = ({ plan, name, topic }: Residence, message: Message): boolean =>
  name !== message.from &&
  plan.machine.events.includes(message.type) &&
  (topic !== undefined || (plan.heeds?.(message) ?? true));

export class SentMessages {
  /** By sender, then by type. */
  readonly #sent = new Map<string, Map<string, Sent>>();
  #since = Date.now();

  add(message: Message): void {
    const { type } = message;
    const from = isOfCrowd(message.from) ? guests : message.from;
    let byType = this.#sent.get(from);
    if (byType === undefined) {
      byType = new Map();
      this.#sent.set(from, byType);
    }
    const known = byType.get(type);
    if (known === undefined) byType.set(type, { from, count: 1, newest: message });
    else {
      known.count += 1;
      known.newest = message;
    }
  }

  /** The busiest flows since the last call, per second. */
  take(house: Pick<HouseWindow, "residents">, maximum: number): FeedFlow[] {
    const now = Date.now();
    const seconds = Math.max(0.5, (now - this.#since) / 1000);
    this.#since = now;
    const pairs = [...this.#sent.values()].flatMap((byType) => [...byType.values()]);
    this.#sent.clear();
    const busiest = pairs.toSorted((left, right) => right.count - left.count).slice(0, maximumPairs);
    const residences = [...house.residents()].map(({ residence }) => residence);
    const flows = busiest.flatMap((sent) => flowsOf(sent, residences, seconds));
    return flows.toSorted((left, right) => right[3] - left[3]).slice(0, maximum);
  }
}

const crowdOf = (residences: readonly Residence[]): string | undefined => {
  const guest = residences.find(({ topic }) => topic !== undefined);
  return guest && crowdName(guest.plan.kind);
};

const flowsOf = (
  { from, count, newest }: Sent,
  residences: readonly Residence[],
  seconds: number,
): FeedFlow[] => {
  const listening = residences.filter((residence) => hears(residence, newest));
  const receivers = new Set(
    listening.map(({ name, topic, plan }) => (topic === undefined ? name : crowdName(plan.kind))),
  );
  const rate = Math.round((10 * count) / seconds) / 10;
  const sender = from === guests ? crowdOf(residences) : from;
  return sender === undefined ? [] : [...receivers].map((to): FeedFlow => [sender, to, newest.type, rate]);
};
