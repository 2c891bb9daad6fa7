/** Where agents stand in the picture of the flow: members on an ellipse, institutions within, questions amid. */

export interface Place {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** Radius [px]. */
  readonly size: number;
  readonly isMember: boolean;
}

export interface Standing {
  readonly name: string;
  readonly isMember: boolean;
}

interface Ellipse {
  readonly cx: number;
  readonly cy: number;
  readonly rx: number;
  readonly ry: number;
}

const around = (
  names: readonly Standing[],
  { cx, cy, rx, ry }: Ellipse,
  { size, turn }: { readonly size: number; readonly turn: number },
): Place[] =>
  names.map(({ name, isMember }, index) => {
    const angle = turn + (2 * Math.PI * index) / names.length;
    return { name, isMember, size, x: cx + rx * Math.cos(angle), y: cy + ry * Math.sin(angle) };
  });

/** Room for the labels outside the ellipse [px]. */
const margin = { x: 74, y: 34 } as const;

/** @param width of the picture [px] */
export const placesIn = (
  width: number,
  height: number,
  agents: readonly Standing[],
  centre: string,
): readonly Place[] => {
  const outer = { cx: width / 2, cy: height / 2, rx: width / 2 - margin.x, ry: height / 2 - margin.y };
  const inner = { ...outer, rx: 0.46 * outer.rx, ry: 0.46 * outer.ry };
  const members = agents.filter(({ isMember }) => isMember);
  const others = agents.filter(({ isMember, name }) => !isMember && name !== centre);
  const size = members.length > 24 ? 6 : 11;
  return [
    ...around(members, outer, { size, turn: -Math.PI / 2 }),
    ...around(others, inner, { size: 8, turn: -Math.PI / 2 + Math.PI / 5 }),
    { name: centre, isMember: false, x: outer.cx, y: outer.cy, size: 10 },
  ];
};

export interface Curve {
  readonly ax: number;
  readonly ay: number;
  readonly mx: number;
  readonly my: number;
  readonly bx: number;
  readonly by: number;
}

/** A bow from one place to another, to the right of its way: there and back are two bows. */
export const curveBetween = (a: Place, b: Place): Curve => {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const bend = 0.16;
  return {
    ...{ ax: a.x, ay: a.y, bx: b.x, by: b.y },
    mx: (a.x + b.x) / 2 - bend * dy,
    my: (a.y + b.y) / 2 + bend * dx,
  };
};

/** @param share of the way, in [0, 1] */
export const pointOn = ({ ax, ay, mx, my, bx, by }: Curve, share: number): [x: number, y: number] => {
  const rest = 1 - share;
  return [
    rest * rest * ax + 2 * rest * share * mx + share * share * bx,
    rest * rest * ay + 2 * rest * share * my + share * share * by,
  ];
};

/** Square of the distance from a point to the curve, sampled [px²]. */
export const distanceTo = (curve: Curve, x: number, y: number): number => {
  let nearest = Number.POSITIVE_INFINITY;
  for (let share = 0.05; share < 1; share += 0.05) {
    const [px, py] = pointOn(curve, share);
    nearest = Math.min(nearest, (px - x) ** 2 + (py - y) ** 2);
  }
  return nearest;
};
