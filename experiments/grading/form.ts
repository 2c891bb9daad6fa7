/**
 * The structure of an answer: a value, or values in lists, tuples, intervals, sets, matrices and relations. What is not
 * recognised is a value, which is left to the algebra.
 */
import { isName, nameOf } from "./name.ts";
import { bracketsOf, splitAt, tokensOf } from "./split.ts";

export type Form =
  | { readonly kind: "value"; readonly latex: string }
  /** Several answers: their order is free. */
  | { readonly kind: "list"; readonly items: readonly Form[] }
  | { readonly kind: "set"; readonly items: readonly Form[] }
  /** In round, square or angle brackets: a tuple, a vector or an interval. */
  | { readonly kind: "tuple"; readonly open: string; readonly close: string; readonly items: readonly Form[] }
  | { readonly kind: "union"; readonly items: readonly Form[] }
  | { readonly kind: "matrix"; readonly rows: readonly (readonly Form[])[] }
  /** `7:32` */
  | { readonly kind: "ratio"; readonly items: readonly Form[] }
  | Relation;

export type Operator = "=" | "<" | ">" | "\\le" | "\\ge" | "\\ne";

export interface Relation {
  readonly kind: "relation";
  readonly left: string;
  readonly operator: Operator;
  readonly right: string;
  /** `x` of `x = 5`. */
  readonly name?: string;
  /** The value of the name, or all values that an inequality allows. */
  readonly value?: Form;
}

/** Deeper structures are values. */
const deepest = 6;

/** The structure of a cleaned answer. */
export const formOf = (text: string, depth = 0): Form => {
  const bare = text.trim();
  if (depth > deepest) return { kind: "value", latex: bare };
  for (const read of readers) {
    const form = read(bare, depth + 1);
    if (form !== undefined) return form;
  }
  return { kind: "value", latex: bare };
};

type Read = (text: string, depth: number) => Form | undefined;

const itemsOf = (parts: readonly string[], depth: number): Form[] =>
  parts.filter((part) => part !== "").map((part) => formOf(part, depth));

/** Parts of a union or list that are themselves lists are one with it. */
const flat = (items: readonly Form[], kind: "list" | "union"): Form[] =>
  items.flatMap((item) => (item.kind === kind ? item.items : [item]));

const asTuple = (form: Form): Form =>
  form.kind === "list" ? { kind: "tuple", open: "(", close: ")", items: form.items } : form;

/** `p=5,q=2; p=7,q=2` and `x=1 \and x=2`: groups of several parts are tuples. */
const readGroups: Read = (text, depth) => {
  const { parts } = splitAt(text, (token) => token === ";" || token === "\\and");
  if (parts.length < 2) return undefined;
  const items = itemsOf(parts, depth);
  const sizes = new Set(items.map((item) => (item.kind === "list" ? item.items.length : 1)));
  const grouped = sizes.size === 1 && !sizes.has(1) ? items.map(asTuple) : flat(items, "list");
  return { kind: "list", items: grouped };
};

const readList: Read = (text, depth) => {
  const { parts } = splitAt(text, (token) => token === ",");
  return parts.length < 2 ? undefined : { kind: "list", items: flat(itemsOf(parts, depth), "list") };
};

const operators: Readonly<Record<string, Operator | "\\in" | "\\approx">> = {
  ...{ "=": "=", "<": "<", ">": ">", "\\le": "\\le", "\\ge": "\\ge", "\\ne": "\\ne" },
  ...{ "\\in": "\\in", "\\approx": "\\approx" },
};

const mirrored: Readonly<Record<Operator, Operator>> = {
  ...{ "=": "=", "\\ne": "\\ne", "<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le" },
};

const infinity = (sign: "" | "-"): Form => ({ kind: "value", latex: `${sign}\\infty` });

const interval = (low: Form, high: Form, isLowOpen: boolean, isHighOpen: boolean): Form => ({
  kind: "tuple",
  ...{ open: isLowOpen ? "(" : "[", close: isHighOpen ? ")" : "]", items: [low, high] },
});

/** All values that `name operator bound` allows. */
const allowed = (operator: Operator, bound: Form): Form | undefined => {
  if (operator === "=") return bound;
  if (operator === "<" || operator === "\\le") return interval(infinity("-"), bound, true, operator === "<");
  if (operator === ">" || operator === "\\ge") return interval(bound, infinity(""), operator === ">", true);
  return undefined;
};

const between = (
  low: string,
  name: string,
  high: string,
  first: Operator,
  second: Operator,
  depth: number,
): Form => ({
  kind: "relation",
  ...{ left: low, operator: first, right: name, name: nameOf(name) },
  value: interval(formOf(low, depth), formOf(high, depth), first === "<", second === "<"),
});

const relation = (left: string, operator: Operator, right: string, depth: number): Form => {
  if (!isName(left) && isName(right)) return relation(right, mirrored[operator], left, depth);
  const value = isName(left) ? allowed(operator, formOf(right, depth)) : undefined;
  const named = value === undefined ? {} : { name: nameOf(left), value };
  return { kind: "relation", left, operator, right, ...named };
};

/** `low < name < high`, in either direction. */
const readRange = (
  parts: readonly string[],
  [first, second]: readonly Operator[],
  depth: number,
): Form | undefined => {
  const [low = "", name = "", high = ""] = parts;
  if (parts.length !== 3 || !isName(name) || first === undefined || second === undefined) return undefined;
  const directions = [first, second].map((operator) => operator.replace("\\le", "<").replace("\\ge", ">"));
  if (directions.every((direction) => direction === "<"))
    return between(low, name, high, first, second, depth);
  if (directions.every((direction) => direction === ">"))
    return between(high, name, low, mirrored[second], mirrored[first], depth);
  return undefined;
};

/** A chain of equations says that its name, if it begins with one, has the last value. */
const readRelation: Read = (text, depth) => {
  const { parts, separators } = splitAt(text, (token) => token in operators);
  if (separators.length === 0) return undefined;
  const [first = "", second = ""] = parts;
  const all = separators.map((token) => operators[token] ?? "=");
  const approximate = all.indexOf("\\approx");
  if (approximate === 0) return isName(first) ? relation(first, "=", second, depth) : formOf(first, depth);
  if (approximate > 0) {
    const exact = parts.slice(0, approximate + 1);
    return formOf(
      exact.map((part, index) => (index === 0 ? part : `${separators[index - 1]} ${part}`)).join(" "),
      depth,
    );
  }
  if (all[0] === "\\in") return all.length === 1 && isName(first) ? formOf(second, depth) : undefined;
  const plain = all.filter((operator) => operator !== "\\in" && operator !== "\\approx");
  if (plain.length === 1 && plain[0] !== undefined) return relation(first, plain[0], second, depth);
  if (plain.every((operator) => operator === "=")) {
    const last = parts.at(-1) ?? "";
    return isName(first) ? relation(first, "=", last, depth) : formOf(last, depth);
  }
  return readRange(parts, plain, depth);
};

const readUnion: Read = (text, depth) => {
  const { parts } = splitAt(text, (token) => token === "\\cup");
  return parts.length < 2 ? undefined : { kind: "union", items: flat(itemsOf(parts, depth), "union") };
};

const readRatio: Read = (text, depth) => {
  const { parts } = splitAt(text, (token) => token === ":");
  return parts.length < 2 ? undefined : { kind: "ratio", items: itemsOf(parts, depth) };
};

/** `a \pm b` is two values. Several signs in one value are left alone. */
const readTwoSigns: Read = (text, depth) => {
  const tokens = tokensOf(text);
  const signs = tokens.filter((token) => token === "\\pm" || token === "\\mp");
  if (signs.length !== 1) return undefined;
  const withSign = (sign: string) => tokens.map((token) => (token === signs[0] ? sign : token)).join("");
  return {
    kind: "list",
    items: itemsOf(
      [withSign("+"), withSign("-")].map((each) => each.replace(/^\+/, "")),
      depth,
    ),
  };
};

const readMatrix: Read = (text, depth) => {
  const match =
    /^\(?\[?\s*\\begin\{(p|b|B|v|V|small)?(?:matrix|array)\}(?:\s*\{[lcr|]*\})?(.*)\\end\{\w*(?:matrix|array)\}\s*\]?\)?$/s.exec(
      text,
    );
  const body = match?.[2];
  if (body === undefined || body.includes("\\begin")) return undefined;
  const rows = splitAt(body, (token) => token === "\\\\").parts.filter((row) => row !== "");
  return {
    kind: "matrix",
    rows: rows.map((row) => itemsOf(splitAt(row, (token) => token === "&").parts, depth)),
  };
};

const tupleBrackets = ["(", "[", "\\langle"];

const readBrackets: Read = (text, depth) => {
  const brackets = bracketsOf(text);
  if (brackets === undefined) return undefined;
  const { open, close, inner } = brackets;
  if (open === "\\{") {
    const content = formOf(inner, depth);
    if (inner === "") return { kind: "set", items: [] };
    return { kind: "set", items: content.kind === "list" ? content.items : [content] };
  }
  if (open === "{" && close === "}") return formOf(inner, depth);
  if (!tupleBrackets.includes(open)) return undefined;
  const separator = inner.includes(";") ? ";" : ",";
  const { parts } = splitAt(inner, (token) => token === separator);
  if (parts.length > 1) return { kind: "tuple", open, close, items: itemsOf(parts, depth) };
  return open === "(" && close === ")" ? formOf(inner, depth) : undefined;
};

const readers: readonly Read[] = [
  ...[readGroups, readList, readRelation, readUnion, readRatio, readMatrix, readBrackets, readTwoSigns],
];
