/** Where the label of a row in a sequence diagram stands, and how much of it. */

/** About the width of a letter, and the distance to the sender [px]. */
const letter = 7;
const gap = 8;

export interface Label {
  readonly x: number;
  readonly anchor: "start" | "end";
  readonly text: string;
}

/** What a row offers its label: where its senders stand, its line's left end, and where the lanes begin and end [px]. */
export interface LabelPlace {
  readonly from: readonly number[];
  readonly left: number;
  readonly begin: number;
  readonly end: number;
}

/**
 * Beside the sender, on the side of its line; a text too long for that begins where the line does, and ends with the
 * lanes.
 */
export const labelIn = ({ from, left, begin, end }: LabelPlace, text: string): Label => {
  const [sender = left] = from;
  const fits = (width: number): boolean => text.length * letter <= width;
  if (from.length === 1 && sender > left && fits(sender - gap - begin))
    return { x: sender - gap, anchor: "end", text };
  const x = left + gap;
  const room = Math.floor((end - x) / letter);
  return { x, anchor: "start", text: fits(end - x) ? text : `${text.slice(0, room - 1)}…` };
};
