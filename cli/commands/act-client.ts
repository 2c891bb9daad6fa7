/** Sends acts to the process that plays a run, where its page or its door listens, and reads what became of them. */
import { userInfo } from "node:os";
import type { RunView } from "../../dashboard/view.ts";
import type { ActDone, ActRequest } from "../../runtime/acts.ts";
import { AgoraError, type AgoraErrorOptions } from "../../runtime/agora-error.ts";
import { RunLock } from "../../runtime/journal/run-lock.ts";
import { knownRunFolder } from "./known-run.ts";
import { addressIn, type PageAddress } from "./page-address.ts";

/** The run cannot be reached, or refuses the act. */
export class RefusedAct extends AgoraError<"AGORA_ACT_REFUSED" | "AGORA_ACT_UNREACHED"> {}

const unreached = (problem: string, options: AgoraErrorOptions): never => {
  throw new RefusedAct("AGORA_ACT_UNREACHED", problem, options);
};

/** Whoever uses the command line. */
export const userName = (): string => {
  try {
    return userInfo().username || "operator";
  } catch {
    return "operator";
  }
};

export const isPlayed = (folder: string): boolean => RunLock.isHeld(folder);

const noAddress = (run: string): never =>
  unreached(`the process that plays the run ${run} has left no address for acts`, {
    fix: `stop it where it was started, and continue it: agora resume ${run}`,
  });

const addressOf = (run: string, folder: string): PageAddress => {
  if (!isPlayed(folder)) {
    unreached(`nobody plays the run ${run} now`, { fix: `continue it with agora resume ${run}` });
  }
  return addressIn(folder) ?? noAddress(run);
};

export class ActClient {
  readonly #run: string;
  readonly #address: PageAddress;

  /** @throws UnknownRunError, RefusedAct if no process plays the run */
  constructor(run: string, runsFolder: string) {
    this.#run = run;
    this.#address = addressOf(run, knownRunFolder(run, runsFolder));
  }

  /** @throws RefusedAct with the reason of the run */
  async perform(request: ActRequest): Promise<ActDone> {
    await this.#requireRun();
    const response = await this.#fetch("/api/acts", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    if (response.ok) return (await response.json()) as ActDone;
    const { problem = `the page answered ${response.status}` } = (await response
      .json()
      .catch(() => ({}))) as {
      readonly problem?: string;
    };
    throw new RefusedAct("AGORA_ACT_REFUSED", problem);
  }

  /** A process that was killed leaves an address behind, where another run may be served by now. */
  async #requireRun(): Promise<void> {
    const served = await this.read<Pick<RunView, "run">>("/api/run");
    if (served?.run !== this.#run) noAddress(this.#run);
  }

  /** Undefined if there is no such resource yet. */
  async read<T>(path: string): Promise<T | undefined> {
    const response = await this.#fetch(path);
    return response.ok ? ((await response.json()) as T) : undefined;
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const { origin, token } = this.#address;
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    try {
      return await fetch(new URL(path, origin), { ...init, headers });
    } catch (cause) {
      return unreached(`the page of ${this.#run} does not answer at ${origin}`, {
        fix: "see that the run is still played",
        cause,
      });
    }
  }
}
