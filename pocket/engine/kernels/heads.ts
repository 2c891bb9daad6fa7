/** Rows of single attention heads: rotary embedding, and the layout in which scores are computed. */
import { bytesOf, FLOAT_BYTES, PANEL, range, VECTOR_BYTES } from "./layout.ts";
import {
  advance,
  type Code,
  FunctionBuilder,
  float,
  integer,
  type Local,
  vector,
  whileBelow,
} from "./wasm.ts";

/**
 * Rotates `heads` heads of each row in place (the `rotate_half` convention: dimension i pairs with i + half).
 * `cosine` and `sine` have `headDimension / 2` floats per row.
 */
export const rotate = (headDimension: number): FunctionBuilder => {
  const builder = new FunctionBuilder("rotate");
  const { x, cosine, sine, rows, heads, stride } = builder.parameters(
    "x",
    "cosine",
    "sine",
    "rows",
    "heads",
    "stride",
  );
  const { end, head, headEnd } = builder.integers("end", "head", "headEnd");
  const half = (headDimension / 2) * FLOAT_BYTES;
  const locals = { vector: builder.vectors("low", "high"), float: builder.floats("low", "high") };
  return builder.body([
    end.set(integer.add(x.get, integer.multiply(bytesOf(stride.get), rows.get))),
    whileBelow(x, end.get, [
      head.set(x.get),
      headEnd.set(integer.add(x.get, integer.multiply(heads.get, integer.of(2 * half)))),
      whileBelow(head, headEnd.get, [
        pieces(headDimension / 2).map(({ kind, offset }) =>
          turn({
            unit: kind === "vector" ? vector : float,
            ...locals[kind],
            head,
            cosine,
            sine,
            half,
            offset,
          }),
        ),
        advance(head, 2 * half),
      ]),
      advance(x, bytesOf(stride.get)),
      advance(cosine, half),
      advance(sine, half),
    ]),
  ]);
};

/** Vectors of four floats while they fit, then single floats; offsets in bytes. */
const pieces = (length: number): { readonly kind: "vector" | "float"; readonly offset: number }[] => {
  const vectors = Math.floor(length / 4);
  return [
    ...range(vectors).map((index) => ({ kind: "vector", offset: index * VECTOR_BYTES }) as const),
    ...range(length % 4).map(
      (index) => ({ kind: "float", offset: (vectors * 4 + index) * FLOAT_BYTES }) as const,
    ),
  ];
};

interface Turn {
  readonly unit: typeof vector | typeof float;
  readonly low: Local;
  readonly high: Local;
  readonly head: Local;
  readonly cosine: Local;
  readonly sine: Local;
  /** Bytes of half a head. */
  readonly half: number;
  readonly offset: number;
}

const turn = ({ unit, low, high, head, cosine, sine, half, offset }: Turn): Code => {
  const [cosines, sines] = [unit.load(cosine.get, offset), unit.load(sine.get, offset)];
  const { add, subtract, multiply } = unit;
  return [
    low.set(unit.load(head.get, offset)),
    high.set(unit.load(head.get, offset + half)),
    unit.store(head.get, subtract(multiply(low.get, cosines), multiply(high.get, sines)), offset),
    unit.store(head.get, add(multiply(high.get, cosines), multiply(low.get, sines)), offset + half),
  ];
};

/** `y = xᵀ` in panels of eight rows, `[ceil(rows / 8), headDimension, 8]`; missing rows are not changed. */
export const interleave = (headDimension: number): FunctionBuilder => {
  const builder = new FunctionBuilder("interleave");
  const { x, y, rows, stride } = builder.parameters("x", "y", "rows", "stride");
  const { row, target } = builder.integers("row", "target");
  const values = builder.vector();
  const panelRow = integer.and(row.get, integer.of(PANEL - 1));
  const panel = integer.multiply(
    integer.subtract(row.get, panelRow),
    integer.of(headDimension * FLOAT_BYTES),
  );
  const storeLane = (dimension: number): Code =>
    float.store(target.get, vector.lane(values.get, dimension % 4), dimension * PANEL * FLOAT_BYTES);
  return builder.body([
    row.set(integer.of(0)),
    whileBelow(row, rows.get, [
      target.set(integer.add(y.get, integer.add(panel, bytesOf(panelRow)))),
      range(headDimension / 4).map((index) => [
        values.set(vector.load(x.get, index * VECTOR_BYTES)),
        range(4).map((lane) => storeLane(4 * index + lane)),
      ]),
      advance(x, bytesOf(stride.get)),
      advance(row, 1),
    ]),
  ]);
};
