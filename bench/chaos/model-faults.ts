/** A member's endpoint: what it does instead of answering, for as many calls as a fault spoils. */
import { promptOf, type Role } from "../../cli/host/sums-server.fixture.ts";
import { chanceOf } from "../../machines/random.ts";
import type { FixtureReply, FixtureRequest } from "../../runtime/model/model-server.fixture.ts";
import type { ModelFault } from "./fault.ts";

/** Text beyond what a message may hold [characters]. */
const tooMuch = 3_000_000;

const replies: Readonly<Record<ModelFault, readonly FixtureReply[]>> = {
  "model stalls": [{ hang: true }],
  "model answers 500": [{ fail: 500 }, { fail: 502 }, { fail: 503 }],
  "model answers 429": [{ fail: 429, headers: { "Retry-After": "1" } }, { fail: 429 }],
  "model is slow": [{ text: "late", delaySeconds: 1.5 }],
  "model truncates": [{ text: "half of an answer", breaksOff: true }],
  "model hangs up": [{ text: "", hangUp: true }],
  "model sends a page": [{ body: "<html>502 Bad Gateway</html>" }],
  "model sends wrong JSON": [
    { body: '{"choices": "none"}' },
    { body: '{"choices": [{"message": 7}]}' },
    { body: '{"choices": []}' },
    { body: "null" },
    { body: '{"choices": [{"message": {"content": {"a": 1}}}], "usage": "free"}' },
  ],
  "model says garbage": [
    { text: "\u0000\ufffd{{{ \\boxed{ Verdict:" },
    { text: "\ud800 __proto__ \u202e <question-00000000>" },
    { text: '{"verdict": "correct", "verdict": "incorrect"}' },
  ],
  "model says nothing": [{ text: "" }, { text: " \n " }],
  "model says too much": [{ text: "1 + 1 = 2. ".repeat(tooMuch / 11) }],
};

interface Spoiling {
  readonly kind: ModelFault;
  left: number;
  readonly onSpoiled: () => void;
}

/** Share of the solutions that are wrong without any fault. */
const wrongShare = 0.15;

/** A sound model that errs at times, and votes for either solution. */
const ownReply = (prompt: string, role: Role, name: string): FixtureReply | undefined => {
  const chance = chanceOf(name, role, prompt);
  if (role === "solver" && chance < wrongShare)
    return { text: `I guess. \\boxed{${Math.floor(1e4 * chance)}}` };
  if (role === "voter" && chance < 0.5) return { text: '{"comparison": "Both.", "choice": "second"}' };
  return undefined;
};

/** The faults of one endpoint, and the calls that it has received. */
export class ModelFaults {
  readonly #name: string;
  readonly #spoilings: Spoiling[] = [];
  #received = 0;

  constructor(name: string) {
    this.#name = name;
  }

  get received(): number {
    return this.#received;
  }

  add(kind: ModelFault, count: number, onSpoiled: () => void): void {
    this.#spoilings.push({ kind, left: count, onSpoiled });
  }

  /** For every call: the fault that it meets, if it meets one. */
  readonly instead = (request: FixtureRequest, role: Role): FixtureReply | undefined => {
    this.#received += 1;
    const spoiling = this.#spoilings.find(({ left }) => left > 0);
    if (spoiling === undefined) return ownReply(promptOf(request), role, this.#name);
    const { kind, left } = spoiling;
    spoiling.left -= 1;
    spoiling.onSpoiled();
    return replies[kind][left % replies[kind].length];
  };
}
