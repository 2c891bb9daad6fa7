/**
 * A quick look at whether a value is exactly as a schema says: with every field that it asks for and none that it does
 * not name. Such a value is its own parse result. Of any other value nothing is said: the schema itself decides, and
 * names the problem.
 */
import type { z } from "zod";

type Test = (value: unknown) => boolean;
type Definition = z.core.$ZodTypes["_zod"]["def"];
type Checks = z.core.$ZodChecks["_zod"]["def"];

const never: Test = () => false;

/** One limit of a text or a number; undefined if this look does not know it. */
const limitOf = (check: Checks): ((value: never) => boolean) | undefined => {
  switch (check.check) {
    case "min_length":
      return ({ length }: string) => length >= check.minimum;
    case "max_length":
      return ({ length }: string) => length <= check.maximum;
    case "greater_than":
      return (value: number) =>
        check.inclusive ? value >= Number(check.value) : value > Number(check.value);
    case "less_than":
      return (value: number) =>
        check.inclusive ? value <= Number(check.value) : value < Number(check.value);
    default:
      return undefined;
  }
};

const within = (isOfType: Test, { checks = [] }: Pick<Definition, "checks">): Test => {
  const limits = checks.map((check) => limitOf(check._zod.def as Checks) as Test | undefined);
  if (limits.includes(undefined)) return never;
  const [first, second, ...more] = limits as Test[];
  if (first === undefined) return isOfType;
  if (second === undefined) return (value) => isOfType(value) && first(value);
  if (more.length > 0) return (value) => isOfType(value) && (limits as Test[]).every((limit) => limit(value));
  return (value) => isOfType(value) && first(value) && second(value);
};

const isText: Test = (value) => typeof value === "string";

/** Of the formats of numbers only whole ones are known. */
const numberTest = (definition: z.core.$ZodNumberDef & Partial<z.core.$ZodNumberFormatDef>): Test => {
  if (definition.format === undefined) return within(Number.isFinite, definition);
  return definition.format === "safeint" ? within(Number.isSafeInteger, definition) : never;
};

/** Not an array, a map or an instance of another class. */
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

const objectTest = ({ shape }: z.core.$ZodObjectDef): Test => {
  const fields = Object.entries(shape).map(([key, field]) => [key, exactly(field)] as const);
  return (value) => {
    if (!isRecord(value)) return false;
    let known = 0;
    for (const [key, test] of fields) {
      const field = value[key];
      if (!test(field)) return false;
      if (field !== undefined || key in value) known += 1;
    }
    for (const _ in value) known -= 1;
    return known === 0;
  };
};

const recordTest = ({ keyType, valueType }: z.core.$ZodRecordDef): Test => {
  const [isKey, isValue] = [exactly(keyType), exactly(valueType)];
  return (value) => {
    if (!isRecord(value)) return false;
    for (const key in value) if (key === "__proto__" || !isKey(key) || !isValue(value[key])) return false;
    return true;
  };
};

/** `every` would pass over the holes of a sparse array. */
const arrayTest = ({ element, checks = [] }: z.core.$ZodArrayDef): Test => {
  const test = exactly(element);
  if (checks.length > 0) return never;
  return (value) => {
    if (!Array.isArray(value)) return false;
    for (let place = 0; place < value.length; place += 1) if (!test(value[place])) return false;
    return true;
  };
};

/** True only for values that the schema accepts and returns as they are. */
export const exactly = (schema: z.core.$ZodType): Test => {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "string":
      return within(isText, def);
    case "number":
      return numberTest(def);
    case "boolean":
      return (value) => typeof value === "boolean";
    case "literal": {
      const allowed = new Set<unknown>(def.values);
      return (value) => allowed.has(value);
    }
    case "enum": {
      const allowed = new Set<unknown>(Object.values(def.entries));
      return (value) => allowed.has(value);
    }
    case "optional": {
      const test = exactly(def.innerType);
      return (value) => value === undefined || test(value);
    }
    case "array":
      return arrayTest(def);
    case "object":
      return objectTest(def);
    case "record":
      return recordTest(def);
    case "unknown":
      return () => true;
    default:
      return never;
  }
};

export const exactlyEach = <Name extends string>(
  schemas: Readonly<Record<Name, z.core.$ZodType>>,
): Readonly<Record<Name, Test>> =>
  Object.fromEntries(
    Object.entries<z.core.$ZodType>(schemas).map(([name, schema]) => [name, exactly(schema)] as const),
  ) as Record<Name, Test>;
