/**
 * A small WebAssembly assembler. Expressions are nested lists of bytes in stack order.
 *
 * It supports what `kernels.ts` needs: 32-bit integers, f32 and f32x4, locals, counted loops, one imported memory.
 * Opcodes: https://webassembly.github.io/spec/core/binary/instructions.html
 */

/** Bytes of zero or more instructions, in stack order. */
export type Code = readonly (number | Code)[];

const INTEGER = 0x7f;
const FLOAT = 0x7d;
const VECTOR = 0x7b;
const NO_RESULT = 0x40;

/** Unsigned LEB128. */
const unsigned = (value: number): number[] => {
  const low = value & 0x7f;
  const rest = value >>> 7;
  return rest === 0 ? [low] : [low | 0x80, ...unsigned(rest)];
};

/** Signed LEB128. */
const signed = (value: number): number[] => {
  const low = value & 0x7f;
  const rest = value >> 7;
  const ends = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return ends ? [low] : [low | 0x80, ...signed(rest)];
};

const floatBytes = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];

const vectorInstruction = (code: number): number[] => [0xfd, ...unsigned(code)];

/** Alignment hint 2 (four bytes), then the constant offset in bytes. */
const address = (offset: number): number[] => [2, ...unsigned(offset)];

const binary =
  (opcode: readonly number[]) =>
  (left: Code, right: Code): Code => [left, right, opcode];
const unary =
  (opcode: readonly number[]) =>
  (operand: Code): Code => [operand, opcode];

const shift =
  (code: number) =>
  (operand: Code, bits: number): Code => [operand, integer.of(bits), vectorInstruction(code)];

/** 32-bit integers: addresses and counts. */
export const integer = {
  of: (value: number): Code => [0x41, ...signed(value)],
  add: binary([0x6a]),
  subtract: binary([0x6b]),
  multiply: binary([0x6c]),
  and: binary([0x71]),
  shiftLeft: binary([0x74]),
  lessUnsigned: binary([0x49]),
};

/** Single f32 values. */
export const float = {
  of: (value: number): Code => [0x43, ...floatBytes(value)],
  load: (pointer: Code, offset = 0): Code => [pointer, 0x2a, address(offset)],
  store: (pointer: Code, value: Code, offset = 0): Code => [pointer, value, 0x38, address(offset)],
  add: binary([0x92]),
  subtract: binary([0x93]),
  multiply: binary([0x94]),
  divide: binary([0x95]),
  max: binary([0x97]),
  sqrt: unary([0x91]),
  fromInteger: unary([0xb2]),
};

/** Vectors of four f32 values. */
export const vector = {
  load: (pointer: Code, offset = 0): Code => [pointer, vectorInstruction(0x00), address(offset)],
  /** Loads one float into all four lanes. */
  loadSplat: (pointer: Code, offset = 0): Code => [pointer, vectorInstruction(0x09), address(offset)],
  store: (pointer: Code, value: Code, offset = 0): Code => [
    pointer,
    value,
    vectorInstruction(0x0b),
    address(offset),
  ],
  splat: unary(vectorInstruction(0x13)),
  of: (value: number): Code => [0x43, ...floatBytes(value), vectorInstruction(0x13)],
  lane: (operand: Code, lane: number): Code => [operand, vectorInstruction(0x1f), lane],
  add: binary(vectorInstruction(0xe4)),
  subtract: binary(vectorInstruction(0xe5)),
  multiply: binary(vectorInstruction(0xe6)),
  divide: binary(vectorInstruction(0xe7)),
  /** `right < left ? right : left`: the left operand where one of them is not a number. */
  min: binary(vectorInstruction(0xea)),
  /** `left < right ? right : left`: the left operand where one of them is not a number. */
  max: binary(vectorInstruction(0xeb)),
  negate: unary(vectorInstruction(0xe1)),
  /** `left · right + sum`, rounded once or twice, as the processor prefers (relaxed SIMD). */
  relaxedMultiplyAdd: (left: Code, right: Code, sum: Code): Code => [
    left,
    right,
    sum,
    vectorInstruction(0x105),
  ],
  /** All bits of a lane are set where `left < right`. */
  less: binary(vectorInstruction(0x43)),
  /** The bits of `left` that are not set in `right`; works on integers too. */
  andNot: binary(vectorInstruction(0x4f)),
};

/** The same vectors as four 32-bit integers. */
export const integers = {
  of: (value: number): Code => [0x41, ...signed(value), vectorInstruction(0x11)],
  /** A constant by lane. */
  lanes: (...values: readonly [number, number, number, number]): Code => [
    vectorInstruction(0x0c),
    [...new Uint8Array(Int32Array.of(...values).buffer)],
  ],
  splat: unary(vectorInstruction(0x11)),
  add: binary(vectorInstruction(0xae)),
  multiply: binary(vectorInstruction(0xb5)),
  xor: binary(vectorInstruction(0x51)),
  less: binary(vectorInstruction(0x39)),
  shiftLeft: shift(0xab),
  shiftRight: shift(0xad),
};

/** A local variable of a function under construction. */
export interface Local {
  readonly get: Code;
  readonly set: (value: Code) => Code;
}

/** Sum of the four lanes. */
export const addLanes = (local: Local): Code => {
  const [a, b, c, d] = [0, 1, 2, 3].map((lane) => vector.lane(local.get, lane)) as [Code, Code, Code, Code];
  return float.add(float.add(a, b), float.add(c, d));
};

/** Largest of the four lanes. */
export const maxLanes = (local: Local): Code => {
  const [a, b, c, d] = [0, 1, 2, 3].map((lane) => vector.lane(local.get, lane)) as [Code, Code, Code, Code];
  return float.max(float.max(a, b), float.max(c, d));
};

/** Builds one exported function with i32 parameters and no result. Declare the parameters before other locals. */
export class FunctionBuilder {
  readonly name: string;
  readonly #locals: number[] = [];
  readonly #constants: Code[] = [];
  #parameters = 0;
  #body: Code = [];

  constructor(name: string) {
    this.name = name;
  }

  get parameterCount(): number {
    return this.#parameters;
  }

  parameter(): Local {
    return localAt(this.#parameters++);
  }

  integer(): Local {
    return this.#declare(INTEGER);
  }

  float(): Local {
    return this.#declare(FLOAT);
  }

  vector(): Local {
    return this.#declare(VECTOR);
  }

  /** Several parameters by name, in this order. */
  parameters<const Name extends string>(...names: readonly Name[]): Record<Name, Local> {
    return named(names, () => this.parameter());
  }

  integers<const Name extends string>(...names: readonly Name[]): Record<Name, Local> {
    return named(names, () => this.integer());
  }

  floats<const Name extends string>(...names: readonly Name[]): Record<Name, Local> {
    return named(names, () => this.float());
  }

  vectors<const Name extends string>(...names: readonly Name[]): Record<Name, Local> {
    return named(names, () => this.vector());
  }

  /** A vector that is computed once, before the body; `value` may read parameters. */
  constant(value: Code): Code {
    const local = this.vector();
    this.#constants.push(local.set(value));
    return local.get;
  }

  body(code: Code): this {
    this.#body = code;
    return this;
  }

  /** The function's entry in the code section. */
  encode(): number[] {
    const locals = [...unsigned(this.#locals.length), ...this.#locals.flatMap((type) => [1, type])];
    return sized([...locals, ...flatten([...this.#constants, this.#body]), 0x0b]);
  }

  #declare(type: number): Local {
    this.#locals.push(type);
    return localAt(this.#parameters + this.#locals.length - 1);
  }
}

const named = <Name extends string>(names: readonly Name[], make: () => Local): Record<Name, Local> =>
  Object.fromEntries(names.map((name) => [name, make()])) as Record<Name, Local>;

const localAt = (index: number): Local => ({
  get: [0x20, ...unsigned(index)],
  set: (value) => [value, 0x21, ...unsigned(index)],
});

/**
 * Runs `body` while `counter` (unsigned) is below `end`. The body must advance the counter. The test comes first, so
 * the body may run zero times.
 */
export const whileBelow = (counter: Local, end: Code, body: Code): Code => {
  const condition = integer.lessUnsigned(counter.get, end);
  return [condition, 0x04, NO_RESULT, 0x03, NO_RESULT, body, condition, 0x0d, 0, 0x0b, 0x0b];
};

/** Runs `body` if the condition is not 0. */
export const when = (condition: Code, body: Code): Code => [condition, 0x04, NO_RESULT, body, 0x0b];

/** Runs `body` for every four floats from `start` to `end`; `cursor` is the address, or the offset, of the first. */
export const eachVector = (cursor: Local, start: Code, end: Code, body: Code): Code => [
  cursor.set(start),
  whileBelow(cursor, end, [body, advance(cursor, 16)]),
];

/** `counter += amount`. */
export const advance = (counter: Local, amount: number | Code): Code =>
  counter.set(integer.add(counter.get, typeof amount === "number" ? integer.of(amount) : amount));

const flatten = (code: Code): number[] => {
  const bytes: number[] = [];
  const visit = (part: Code): void => {
    for (const item of part) typeof item === "number" ? bytes.push(item) : visit(item);
  };
  visit(code);
  return bytes;
};

const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];

const section = (id: number, entries: readonly (readonly number[])[]): number[] => [
  id,
  ...sized([...unsigned(entries.length), ...entries.flat()]),
];

const name = (text: string): number[] => sized([...new TextEncoder().encode(text)]);

/** A module that imports `environment.memory` and exports the functions by name. */
export const assemble = (functions: readonly FunctionBuilder[]): Uint8Array<ArrayBuffer> => {
  const types = functions.map(({ parameterCount }) => [
    0x60,
    ...[...unsigned(parameterCount), ...new Array<number>(parameterCount).fill(INTEGER)],
    0,
  ]);
  const memory = [...name("environment"), ...name("memory"), 0x02, 0x00, 0x01];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [memory]),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(
      7,
      functions.map((built, index) => [...name(built.name), 0x00, ...unsigned(index)]),
    ),
    ...section(
      10,
      functions.map((built) => built.encode()),
    ),
  ]);
};
