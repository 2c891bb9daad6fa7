/**
 * What an operator has set in a run: a fold over the durable messages, so that a journal restores it.
 *
 * 1. A paused run opens no round, except those that it has been stepped by.
 * 2. Settings wait until a round opens that names them; what was set meanwhile waits for the next one.
 * 3. `round.opened` carries the components in force: whoever hears it needs to know nothing of operators.
 */
import type { ComponentName, Components, Message, MessageOf, Strategy } from "../../runtime/messages.ts";
import type { Settings } from "../settings.ts";

export interface Control {
  readonly paused: boolean;
  /** Rounds that may still open although the run is paused. */
  readonly steps: number;
  /** Settings that no round has opened with yet, oldest first. */
  readonly waiting: readonly MessageOf<"operator.set">[];
  /** Components in force that differ from the configuration. */
  readonly components: Components;
}

export const noControl: Control = { paused: false, steps: 0, waiting: [], components: {} };

const opened = ({ waiting, ...control }: Control, event: MessageOf<"round.opened">): Control => {
  const { acts = [], components = {} } = event;
  const left = waiting.filter(({ act }) => !acts.includes(act));
  return { ...control, steps: Math.max(0, control.steps - 1), waiting: left, components };
};

export const foldControl = (control: Control, event: Message): Control => {
  switch (event.type) {
    case "operator.paused":
      return { ...control, paused: true, steps: 0 };
    case "operator.resumed":
      return { ...control, paused: false, steps: 0 };
    case "operator.stepped":
      return { ...control, paused: true, steps: control.steps + 1 };
    case "operator.set":
      return { ...control, waiting: [...control.waiting, event] };
    case "round.opened":
      return opened(control, event);
    case "run.forked":
      return noControl;
    default:
      return control;
  }
};

/** Whether a round may open, as far as the operator is concerned. */
export const isReleased = ({ paused, steps }: Control): boolean => !paused || steps > 0;

/** The components that a message puts in force: those of the newest round. */
export const componentsAfter = (before: Components | undefined, event: Message): Components | undefined => {
  if (event.type === "round.opened") return event.components ?? {};
  return event.type === "run.forked" ? {} : before;
};

/** Those in force after these records. */
export const componentsIn = (records: readonly Message[]): Components =>
  records.reduce(componentsAfter, undefined) ?? {};

/** Components that differ from the configuration, by round. */
export type ComponentsByRound = Readonly<Record<number, Components>>;

/** Two rounds are in play at most; a question of the one before them may still close late. */
const roundsKept = 3;

/** Those of the newest rounds. */
export const foldComponents = (known: ComponentsByRound, event: Message): ComponentsByRound => {
  if (event.type === "run.forked") return {};
  if (event.type !== "round.opened") return known;
  const { round, components } = event;
  const others = Object.entries(known).filter(
    ([other]) => Number(other) !== round && Number(other) > round - roundsKept,
  );
  return Object.fromEntries([...others, ...(components === undefined ? [] : [[round, components]])]);
};

/** The settings with some components switched. */
export const settingsIn = <S extends Settings>(configured: S, components: Components): S => ({
  ...configured,
  ...components,
});

/** Those that differ from the configuration. */
const different = (configured: Settings, components: Components): Components =>
  Object.fromEntries(
    Object.entries(components).filter(([name, isOn]) => configured[name as ComponentName] !== isOn),
  );

export interface Wanted {
  readonly difficulty: number | undefined;
  readonly strategy: Strategy | undefined;
  /** Who chose the strategy, by which act. */
  readonly chosenBy: Pick<MessageOf<"operator.set">, "operator" | "act"> | undefined;
  readonly components: Components;
  /** Ids of the acts that this fulfils. */
  readonly acts: readonly string[];
}

/** Components as the next round is to have them, those as configured included. */
export const componentsNext = ({ waiting, components }: Control): Components =>
  Object.assign({}, components, ...waiting.map((set) => set.components));

/** What the next round is to open with; the newest setting wins. */
export const wantedOf = (control: Control, configured: Settings): Wanted => {
  const { waiting } = control;
  const { difficultyMin, difficultyMax } = configured;
  const difficulty = waiting.findLast((set) => set.difficulty !== undefined)?.difficulty;
  const chosenBy = waiting.findLast(({ strategy }) => strategy !== undefined);
  return {
    difficulty:
      difficulty === undefined ? undefined : Math.min(difficultyMax, Math.max(difficultyMin, difficulty)),
    strategy: chosenBy?.strategy,
    chosenBy,
    components: different(configured, componentsNext(control)),
    acts: waiting.map(({ act }) => act),
  };
};

/** What an operator set, as `key=value`. */
export const settingsText = ({
  difficulty,
  strategy,
  components = {},
}: Pick<MessageOf<"operator.set">, "difficulty" | "strategy" | "components">): string =>
  [
    ...(difficulty === undefined ? [] : [`difficulty=${difficulty}`]),
    ...(strategy === undefined ? [] : [`strategy=${strategy}`]),
    ...Object.entries(components).map(([name, isOn]) => `${name}=${isOn}`),
  ].join(" ");
