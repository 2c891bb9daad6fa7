/** Gradients of the row-wise kernels. */
import { exponentialOf } from "./exponential.ts";
import { bytesOf } from "./layout.ts";
import type { MultiplyAdd } from "./multiply-add.ts";
import {
  addLanes,
  advance,
  type Code,
  eachVector,
  FunctionBuilder,
  float,
  integer,
  type Local,
  vector,
  whileBelow,
} from "./wasm.ts";

/** `dx += r · (w ∘ dy) − x · r³ / width · Σ (x ∘ w ∘ dy)` by row, with `r = 1 / sqrt(mean(x²) + epsilon)`. */
export const normaliseBack = (epsilon: number): FunctionBuilder => {
  const builder = new FunctionBuilder("normaliseBack");
  const { x, w, dy, dx, rows, width } = builder.parameters("x", "w", "dy", "dx", "rows", "width");
  const { widthBytes, end, column } = builder.integers("widthBytes", "end", "column");
  const { squares, products, root, pull } = builder.vectors("squares", "products", "root", "pull");
  const each = (body: Code): Code => eachVector(column, integer.of(0), widthBytes.get, body);
  const at = (base: Local): Code => integer.add(base.get, column.get);
  const [value, weighted] = [vector.load(at(x)), vector.multiply(vector.load(at(w)), vector.load(at(dy)))];
  const count = float.fromInteger(width.get);
  const mean = float.add(float.divide(addLanes(squares), count), float.of(epsilon));
  const cube = vector.multiply(root.get, vector.multiply(root.get, root.get));
  return builder.body([
    widthBytes.set(bytesOf(width.get)),
    end.set(integer.add(x.get, integer.multiply(widthBytes.get, rows.get))),
    whileBelow(x, end.get, [
      squares.set(vector.of(0)),
      products.set(vector.of(0)),
      each([
        squares.set(vector.add(squares.get, vector.multiply(value, value))),
        products.set(vector.add(products.get, vector.multiply(value, weighted))),
      ]),
      root.set(vector.splat(float.divide(float.of(1), float.sqrt(mean)))),
      pull.set(vector.multiply(cube, vector.splat(float.divide(addLanes(products), count)))),
      each(
        vector.store(
          at(dx),
          vector.add(
            vector.load(at(dx)),
            vector.subtract(vector.multiply(root.get, weighted), vector.multiply(value, pull.get)),
          ),
        ),
      ),
      ...[x, dy, dx].map((base) => advance(base, widthBytes.get)),
    ]),
  ]);
};

/**
 * Gradient of `y = silu(gate) · up`: with σ = sigmoid(gate), `dgate = dy · up · σ · (1 + gate · (1 − σ))`, `dup = dy
 * · gate · σ`.
 */
export const gateBack = (multiplyAdd: MultiplyAdd): FunctionBuilder => {
  const builder = new FunctionBuilder("gateBack");
  const { x, dy, dx, rows, width, dyStride } = builder.parameters(
    "x",
    "dy",
    "dx",
    "rows",
    "width",
    "dyStride",
  );
  const { widthBytes, end, column } = builder.integers("widthBytes", "end", "column");
  const { gate, slope, sigmoid } = builder.vectors("gate", "slope", "sigmoid");
  const at = (base: Local): Code => integer.add(base.get, column.get);
  const upAt = (base: Local): Code => integer.add(at(base), widthBytes.get);
  const exponential = exponentialOf(builder, vector.negate(gate.get), multiplyAdd);
  const one = builder.constant(vector.of(1));
  const swing = vector.add(one, vector.multiply(gate.get, vector.subtract(one, sigmoid.get)));
  return builder.body([
    widthBytes.set(bytesOf(width.get)),
    end.set(integer.add(x.get, integer.multiply(widthBytes.get, integer.multiply(rows.get, integer.of(2))))),
    whileBelow(x, end.get, [
      eachVector(column, integer.of(0), widthBytes.get, [
        gate.set(vector.load(at(x))),
        slope.set(vector.load(at(dy))),
        exponential.compute,
        sigmoid.set(vector.divide(one, vector.add(one, exponential.result))),
        vector.store(upAt(dx), vector.multiply(slope.get, vector.multiply(gate.get, sigmoid.get))),
        slope.set(vector.multiply(slope.get, vector.multiply(vector.load(upAt(x)), sigmoid.get))),
        vector.store(at(dx), vector.multiply(slope.get, swing)),
      ]),
      ...[x, dx].map((base) => advance(base, integer.multiply(widthBytes.get, integer.of(2)))),
      advance(dy, bytesOf(dyStride.get)),
    ]),
  ]);
};
