/**
 * The roll of the agents in other processes: their signs of life, and the questions that end with them.
 *
 * Time is counted in the host's own signs of life, as it hears them over the same bus: while the server is down nobody
 * is heard, and nobody is missed.
 */
import type { Draft, Message, MessageOf } from "../../runtime/messages.ts";
import type { Settings } from "../settings.ts";
import { questionIds } from "../work.ts";
import { poseWork } from "./asked.ts";

/** The host's signs of life after which an agent without one counts as gone. */
export const mostMissed = 5;

export interface Watched {
  readonly life: string;
  /** The host's signs of life since the agent's last one. */
  readonly missed: number;
  readonly isAway: boolean;
}

/** A question without an outcome, that the process of its author runs. */
export interface Owed {
  readonly question: string;
  readonly author: string;
  readonly round: number;
  readonly adapter: number;
  readonly text: string;
}

export interface Roll {
  readonly watched: Readonly<Record<string, Watched>>;
  /** Agents that pose all rounds: a round waits for one that is away. */
  readonly posers: readonly string[];
  /** By id, also those that have not been posed yet. */
  readonly owed: ReadonlyMap<string, Owed>;
  /** What is said of questions whose authors are gone, by id, until their outcome is heard. */
  readonly abandoned: ReadonlyMap<string, Draft<"question.abandoned">>;
}

export const emptyRoll: Roll = { watched: {}, posers: [], owed: new Map(), abandoned: new Map() };

type Levels = Pick<Settings, "difficultySpread" | "difficultyMin">;

const withOwed = (roll: Roll, owed: readonly Owed[]): Roll => {
  const fresh = owed.filter(({ author }) => Object.hasOwn(roll.watched, author));
  if (fresh.length === 0) return roll;
  return { ...roll, owed: new Map([...roll.owed, ...fresh.map((each) => [each.question, each] as const)]) };
};

const abandonedFor = (each: Owed, cause: string): Draft<"question.abandoned"> => ({
  ...{ type: "question.abandoned", ...each },
  reason: `${each.author} is gone: ${cause}`,
});

/** A member that is away, which whoever opens the round may not have heard yet, poses nothing. */
const withOrdered = (roll: Roll, generator: string, questions: readonly Owed[]): Roll => {
  const isAway = roll.watched[generator]?.isAway === true;
  if (!isAway || roll.posers.includes(generator)) return withOwed(roll, questions);
  const fresh = questions.map(
    (each) => [each.question, abandonedFor(each, "it is absent as the round opens")] as const,
  );
  return { ...roll, abandoned: new Map([...roll.abandoned, ...fresh]) };
};

const withoutOwed = (roll: Roll, isOver: (owed: Owed) => boolean): Roll => ({
  ...roll,
  owed: new Map([...roll.owed].filter(([, each]) => !isOver(each))),
});

/** Without questions that have an outcome. */
const without = (roll: Roll, isOver: (owed: Owed) => boolean): Roll => ({
  ...withoutOwed(roll, isOver),
  abandoned: new Map([...roll.abandoned].filter(([, each]) => !isOver(each))),
});

const ordered = (opened: MessageOf<"round.opened">, settings: Levels): Owed[] =>
  poseWork(opened, settings)
    .flatMap(questionIds)
    .map((question) => ({
      ...{ question, author: opened.generator, round: opened.round, adapter: 0, text: "" },
    }));

const withWatched = (roll: Roll, agent: string, change: Partial<Watched> & { life: string }): Roll => {
  const known = roll.watched[agent] ?? { missed: 0, isAway: false };
  return { ...roll, watched: { ...roll.watched, [agent]: { ...known, ...change } } };
};

const withPoser = (roll: Roll, { agent, poses = false }: MessageOf<"agent.joined">): Roll => {
  if (poses === roll.posers.includes(agent)) return roll;
  const others = roll.posers.filter((other) => other !== agent);
  return { ...roll, posers: poses ? [...others, agent] : others };
};

const left = (roll: Roll, agent: string): Roll => {
  const { [agent]: _gone, ...watched } = roll.watched;
  return withoutOwed({ ...roll, watched }, ({ author }) => author === agent);
};

/** Everybody has missed one more sign of the host's. */
const later = (roll: Roll): Roll => {
  const missing = Object.entries(roll.watched).map(
    ([agent, watched]) => [agent, { ...watched, missed: watched.missed + 1 }] as const,
  );
  return { ...roll, watched: Object.fromEntries(missing) };
};

/** `own`: the life of the host that keeps the roll. */
export const foldRoll =
  (settings: Levels, own: string) =>
  (roll: Roll, event: Message): Roll => {
    switch (event.type) {
      case "agent.pulsed":
        if (event.agent === "attendance") return event.life === own ? later(roll) : roll;
        return withWatched(roll, event.agent, { life: event.life, missed: 0, isAway: false });
      case "agent.joined": {
        const { agent } = event;
        const joined = withPoser(roll, event);
        const known = roll.watched[agent];
        return known ? withWatched(joined, agent, { ...known, missed: 0, isAway: false }) : joined;
      }
      case "agent.left":
        return left(roll, event.agent);
      case "round.opened":
        return withOrdered(roll, event.generator, ordered(event, settings));
      case "question.posed": {
        const { question, author, round, adapter, text } = event;
        return withOwed(roll, [{ question, author, round, adapter, text }]);
      }
      // What has closed needs its author no more: it settles.
      case "question.closed":
        return withoutOwed(roll, ({ question }) => question === event.dossier.question);
      case "question.settled":
        return without(roll, ({ question }) => question === event.dossier.question);
      case "question.voided":
        return without(roll, ({ question }) => question === event.question);
      case "round.closed":
        return without(roll, ({ round }) => round === event.round);
      default:
        return roll;
    }
  };

const abandonedBy = ({ owed }: Roll, agent: string, cause: string): Draft<"question.abandoned">[] =>
  [...owed.values()].filter(({ author }) => author === agent).map((each) => abandonedFor(each, cause));

/** An agent is absent from now on. */
export const dismissed = (roll: Roll, agent: string, cause: string): Roll => {
  const known = roll.watched[agent];
  if (known === undefined) return roll;
  const absent = withWatched(roll, agent, { ...known, isAway: true });
  const fresh = abandonedBy(roll, agent, cause).map((draft) => [draft.question, draft] as const);
  return {
    ...withoutOwed(absent, ({ author }) => author === agent),
    abandoned: new Map([...roll.abandoned, ...fresh]),
  };
};

/** Agents that have become silent. */
export const silentOn = ({ watched }: Roll): string[] =>
  Object.keys(watched).filter((agent) => {
    const { missed = 0, isAway = true } = watched[agent] ?? {};
    return !isAway && missed >= mostMissed;
  });

/** What is said for an agent that is gone: that it is absent, and that nobody runs its questions any more. */
export const dismissal = (roll: Roll, agent: string, cause: string): Draft[] => [
  { type: "agent.lapsed", agent, failures: 0, cause },
  ...abandonedBy(roll, agent, cause),
];
