/**
 * Positions of the agents in the flow picture: members on an ellipse, or on several if they are many, institutions on a
 * smaller one, crowds in the centre.
 */

export interface Place {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** Radius [px]. */
  readonly size: number;
  readonly isMember: boolean;
  /** False where names would cover each other. */
  readonly isLabelled: boolean;
}

export interface Standing {
  readonly name: string;
  /** Decides the position: members on the outer ellipse, institutions on the inner one, crowds in the centre. */
  readonly rank: "member" | "institution" | "crowd";
}

interface Ring {
  readonly cx: number;
  readonly cy: number;
  readonly rx: number;
  readonly ry: number;
  /** Radius of a place [px]. */
  readonly size: number;
  /** Angle of the first place [rad]. */
  readonly turn: number;
  readonly isLabelled: boolean;
}

const around = (standings: readonly Standing[], { cx, cy, rx, ry, size, turn, isLabelled }: Ring): Place[] =>
  standings.map(({ name, rank }, index) => {
    const angle = turn + (2 * Math.PI * index) / standings.length;
    const isMember = rank === "member";
    return { name, isMember, isLabelled, size, x: cx + rx * Math.cos(angle), y: cy + ry * Math.sin(angle) };
  });

/** Places agents in a row or a column around a point. */
const inLine = (
  standings: readonly Standing[],
  { cx, cy }: Pick<Ring, "cx" | "cy">,
  pace: { readonly x: number; readonly y: number },
): Place[] =>
  standings.map(({ name }, index) => {
    const from = index - (standings.length - 1) / 2;
    return {
      name,
      isMember: false,
      isLabelled: true,
      size: 10,
      x: cx + from * pace.x,
      y: cy + from * pace.y,
    };
  });

/** Space for the labels outside the ellipse [px]. */
const marginX = (width: number): number => (width < 500 ? 40 : 74);
const marginY = 34;
const top = -Math.PI / 2;

/** Most members with a name, and most on one ellipse. */
const maximumLabels = 60;
const ringLength = 160;
/** Distance of the innermost ellipse of members from the outermost, as a share. */
const depth = 0.3;

const sizeOf = (members: number): number => (members > ringLength ? 3 : members > 24 ? 6 : 11);

/** Members on as many ellipses as they need, the outermost first. */
const memberPlaces = (
  members: readonly Standing[],
  { cx, cy, rx, ry }: Pick<Ring, "cx" | "cy" | "rx" | "ry">,
): Place[] => {
  const rings = Math.max(1, Math.ceil(members.length / ringLength));
  const length = Math.ceil(members.length / rings);
  const [size, isLabelled] = [sizeOf(members.length), members.length <= maximumLabels];
  return Array.from({ length: rings }, (_, ring) => {
    const scale = 1 - (depth * ring) / rings;
    const own = members.slice(ring * length, (ring + 1) * length);
    return around(own, { cx, cy, rx: scale * rx, ry: scale * ry, size, turn: top, isLabelled });
  }).flat();
};

/** @param width of the picture [px] */
export const placesIn = (width: number, height: number, standings: readonly Standing[]): readonly Place[] => {
  const of = (rank: Standing["rank"]) => standings.filter((standing) => standing.rank === rank);
  const centre = { cx: width / 2, cy: height / 2 };
  const [rx, ry] = [width / 2 - marginX(width), height / 2 - marginY];
  const [members, crowds] = [of("member"), of("crowd")];
  const inner = width < 500 ? 0.66 : 0.48;
  return [
    ...memberPlaces(members, { ...centre, rx, ry }),
    ...around(of("institution"), {
      ...centre,
      rx: inner * rx,
      ry: inner * ry,
      size: 8,
      turn: top + Math.PI / 5,
      isLabelled: true,
    }),
    ...inLine(crowds, centre, width < 500 ? { x: 0, y: 32 } : { x: Math.max(76, 0.19 * rx), y: 0 }),
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

/** A curve from one place to another that bends to its right, so opposite directions use different curves. */
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

/** @param share position along the curve, in [0, 1] */
export const pointOn = ({ ax, ay, mx, my, bx, by }: Curve, share: number): [x: number, y: number] => {
  const rest = 1 - share;
  return [
    rest * rest * ax + 2 * rest * share * mx + share * share * bx,
    rest * rest * ay + 2 * rest * share * my + share * share * by,
  ];
};

/** Squared distance from a point to the curve, by sampling [px²]. */
export const distanceTo = (curve: Curve, x: number, y: number): number => {
  let nearest = Number.POSITIVE_INFINITY;
  for (let share = 0.05; share < 1; share += 0.05) {
    const [px, py] = pointOn(curve, share);
    nearest = Math.min(nearest, (px - x) ** 2 + (py - y) ** 2);
  }
  return nearest;
};
