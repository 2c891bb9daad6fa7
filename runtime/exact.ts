/**
 * A quick look at whether a value is exactly as a schema says: with every field that it asks for and none that it does
 * not name. Such a value is its own parse result. Of any other value nothing is said: the schema itself decides, and
 * names the problem.
 *
 * 1. The look at one schema is one function, written out field by field and compiled: a dossier has thousands of
 *    fields, and one that is asked for by name is found several times as fast as one from a list.
 * 2. Nothing but the schema gets into its source, and texts of the schema only as quoted literals.
 * 3. What this look does not know, such as a pattern or a transformation, makes it false.
 */
import type { z } from "zod";

type Test = (value: unknown) => boolean;
type Definition = z.core.$ZodTypes["_zod"]["def"];
type Checks = z.core.$ZodChecks["_zod"]["def"];

/** Not an array, a map or an instance of another class. */
const isRecord = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** One limit of a text or a number, as a condition on `value`; undefined if this look does not know it. */
const limitOn = (value: string, check: Checks): string | undefined => {
  switch (check.check) {
    case "min_length":
      return `${value}.length >= ${check.minimum}`;
    case "max_length":
      return `${value}.length <= ${check.maximum}`;
    case "greater_than":
      return `${value} ${check.inclusive ? ">=" : ">"} ${Number(check.value)}`;
    case "less_than":
      return `${value} ${check.inclusive ? "<=" : "<"} ${Number(check.value)}`;
    default:
      return undefined;
  }
};

const within = (isOfType: string, value: string, { checks = [] }: Pick<Definition, "checks">): string => {
  const limits = checks.map((check) => limitOn(value, check._zod.def as Checks));
  return limits.includes(undefined) ? "false" : [isOfType, ...limits].join(" && ");
};

/** Of the formats of numbers only whole ones are known. */
const numberOn = (
  value: string,
  definition: z.core.$ZodNumberDef & Partial<z.core.$ZodNumberFormatDef>,
): string => {
  if (definition.format === undefined) return within(`Number.isFinite(${value})`, value, definition);
  return definition.format === "safeint"
    ? within(`Number.isSafeInteger(${value})`, value, definition)
    : "false";
};

/** Values that JSON writes as source does. */
const isPlain = (value: unknown): boolean =>
  value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);

const oneOf = (value: string, allowed: readonly unknown[]): string => {
  if (!allowed.every(isPlain)) return "false";
  return `(${allowed.map((each) => `${value} === ${JSON.stringify(each)}`).join(" || ") || "false"})`;
};

/** The source of one look: a condition on a value, and the functions that it calls. */
class Look {
  readonly #functions: string[] = [];

  compiled(schema: z.core.$ZodType): Test {
    const condition = this.condition("value", schema);
    const source = [...this.#functions, `return (value) => ${condition};`].join("\n");
    return new Function("isRecord", source)(isRecord) as Test;
  }

  condition(value: string, schema: z.core.$ZodType): string {
    const { def } = (schema as z.core.$ZodTypes)._zod;
    switch (def.type) {
      case "string":
        return within(`typeof ${value} === "string"`, value, def);
      case "number":
        return numberOn(value, def);
      case "boolean":
        return `typeof ${value} === "boolean"`;
      case "literal":
        return oneOf(value, def.values);
      case "enum":
        return oneOf(value, Object.values(def.entries));
      case "optional":
        return `(${value} === undefined || ${this.condition(value, def.innerType)})`;
      case "array":
        return (def.checks ?? []).length > 0 ? "false" : this.#call(value, this.#array(def));
      case "object":
        return this.#call(value, this.#object(def));
      case "record":
        return this.#call(value, this.#record(def));
      case "unknown":
        return "true";
      default:
        return "false";
    }
  }

  /** Each condition is a line of a function of its own. */
  #call(value: string, lines: readonly string[]): string {
    const name = `look${this.#functions.length}`;
    this.#functions.push(`const ${name} = (value) => {\n${lines.join("\n")}\n};`);
    return `${name}(${value})`;
  }

  #object({ shape }: z.core.$ZodObjectDef): string[] {
    const fields = Object.entries(shape).flatMap(([key, schema], place) => {
      const [name, field] = [JSON.stringify(key), `field${place}`];
      return [
        `const ${field} = value[${name}];`,
        `if (!(${this.condition(field, schema)})) return false;`,
        `if (${field} !== undefined || ${name} in value) known += 1;`,
      ];
    });
    const counted = ["for (const _ in value) known -= 1;", "return known === 0;"];
    return ["if (!isRecord(value)) return false;", "let known = 0;", ...fields, ...counted];
  }

  #record({ keyType, valueType }: z.core.$ZodRecordDef): string[] {
    const [isKey, isValue] = [this.condition("key", keyType), this.condition("each", valueType)];
    return [
      "if (!isRecord(value)) return false;",
      "for (const key in value) {",
      "const each = value[key];",
      `if (key === "__proto__" || !(${isKey}) || !(${isValue})) return false;`,
      "}",
      "return true;",
    ];
  }

  /** `every` would pass over the holes of a sparse array. */
  #array({ element }: z.core.$ZodArrayDef): string[] {
    return [
      "if (!Array.isArray(value)) return false;",
      "for (let place = 0; place < value.length; place += 1) {",
      "const each = value[place];",
      `if (!(${this.condition("each", element)})) return false;`,
      "}",
      "return true;",
    ];
  }
}

/** True only for values that the schema accepts and returns as they are. */
export const exactly = (schema: z.core.$ZodType): Test => new Look().compiled(schema);

/** The look is compiled for its first value: most processes see few of the types. */
const onceAsked = (schema: z.core.$ZodType): Test => {
  let look: Test | undefined;
  return (value) => {
    look ??= exactly(schema);
    return look(value);
  };
};

export const exactlyEach = <Name extends string>(
  schemas: Readonly<Record<Name, z.core.$ZodType>>,
): Readonly<Record<Name, Test>> =>
  Object.fromEntries(
    Object.entries<z.core.$ZodType>(schemas).map(([name, schema]) => [name, onceAsked(schema)] as const),
  ) as Record<Name, Test>;
