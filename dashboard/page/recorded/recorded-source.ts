/**
 * Answers the page's reads from what its file holds, in place of the server.
 *
 * 1. A time gets the newest sample that is not after it.
 * 2. Values of all times are computed on the way to the asked one and kept: their parts are shared.
 */
import { listed, parsedQuery } from "../questions/question-query.ts";
import { ApiError } from "../state/api.ts";
import { changed } from "./changes.ts";
import type { Recorded } from "./recorded.ts";

const questionsPath = "api/questions";

export class RecordedSource {
  readonly #recorded: Recorded;
  /** By path, the values of the first times. */
  readonly #values = new Map<string, unknown[]>();

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
  }

  /** JSON, as the server would send it. @throws ApiError */
  readonly read = async (path: string): Promise<string> => JSON.stringify(this.#find(path));

  #find(path: string): unknown {
    const { pathname, searchParams } = new URL(path, "http://file/");
    const name = pathname.slice(1);
    const { fixed, timed, lines } = this.#recorded;
    const until = searchParams.has("until") ? Number(searchParams.get("until")) : Number.POSITIVE_INFINITY;
    if (Object.hasOwn(fixed, name)) return fixed[name];
    if (Object.hasOwn(timed, name)) return this.#at(name, until);
    if (name === questionsPath)
      return listed(
        lines.filter(({ at }) => at <= until),
        parsedQuery(searchParams),
      );
    if (name.startsWith(`${questionsPath}/`)) return this.#question(name);
    if (name === "api/recorded")
      throw new ApiError(
        404,
        "A run in one file holds no single events; agora replay shows those that are recorded.",
      );
    // Counted while a page is open, so a recorded run has none.
    if (name === "api/transitions") return {};
    throw new ApiError(404, "This file does not hold that part of the run.");
  }

  #question(name: string): unknown {
    const id = decodeURIComponent(name.slice(questionsPath.length + 1));
    const { questions } = this.#recorded;
    if (Object.hasOwn(questions, id)) return questions[id];
    const kept = Object.keys(questions).length;
    throw new ApiError(
      404,
      `This file holds the transcripts of ${kept} questions, and this one is not among them; agora replay shows all.`,
    );
  }

  #at(name: string, until: number): unknown {
    const { times, timed } = this.#recorded;
    const after = times.findIndex((at) => at > until);
    const index = Math.max(0, (after === -1 ? times.length : after) - 1);
    const { first, changes } = timed[name] ?? { first: undefined, changes: [] };
    const values = this.#values.get(name) ?? [first];
    this.#values.set(name, values);
    for (let next = values.length; next <= index; next += 1)
      values.push(changed(values[next - 1], changes[next - 1] ?? null));
    return values[index];
  }
}
