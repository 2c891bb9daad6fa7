/**
 * Whether two answers are mathematically equal.
 *
 * 1. A list of answers has no order; tuples and vectors do. A tuple equals a list or set with its items in its order.
 *    `12,345` is a number; beside an answer with several items it may be two.
 * 2. An inequality equals the interval of what it allows, and `x = 5` equals `5`. Names are compared if both have one.
 * 3. `10\%` equals `10` and `0.1`; between two percentages the number counts. Units, currencies and degrees count nothing.
 * 4. Decimals are compared exactly. A decimal equals a fraction or a root that it rounds to at least four digits.
 * 5. Part of a list is not the list. Words are compared without case.
 */
import type { Algebra } from "./algebra.ts";
import { clean } from "./clean.ts";
import { type Form, formOf, type Relation } from "./form.ts";
import { isDecimal, isNearly, isRounding, isSameRatio, ratioOf, roundedDecimal } from "./number.ts";
import { either, every, type Verdict } from "./verdict.ts";

/** What is needed of the algebra. */
export type Expressions = Pick<Algebra, "compare" | "compareEquations" | "rounds">;

type Values = readonly Form[];

const unspaced = (latex: string): string => latex.replaceAll(/\s+/g, "");

const percentless = (latex: string): string => latex.replace(/\\%$/, "");

const isWord = (text: string): boolean => /^[a-zA-Z][a-zA-Z '.-]*$/.test(text);

const synonyms: Readonly<Record<string, string>> = { true: "yes", false: "no" };

const wordOf = (text: string): string => {
  const word = text.toLowerCase().replaceAll(/[\s.'-]+/g, "");
  return synonyms[word] ?? word;
};

/** Words of so many letters are no products of variables. */
const shortestWord = 4;

/** Compares values without algebra; undefined if it takes algebra. */
const compareSpelling = (left: string, right: string): Verdict | undefined => {
  const [first, second] = [unspaced(left), unspaced(right)];
  if (first === "" || second === "") return "different";
  if (first === second) return "equal";
  const [one, other] = [ratioOf(first), ratioOf(second)];
  if (one && other) return compareNumbers(first, second);
  if (!isWord(left) || !isWord(right)) return undefined;
  if (wordOf(left) === wordOf(right)) return "equal";
  return Math.max(first.length, second.length) >= shortestWord ? "different" : undefined;
};

const compareNumbers = (left: string, right: string): Verdict => {
  const [first, second] = [ratioOf(left), ratioOf(right)];
  if (first === undefined || second === undefined) return "different";
  if (isSameRatio(first, second)) return "equal";
  if (isDecimal(left) && isDecimal(right)) return isNearly(first, second) ? "equal" : "different";
  const [one, other] = [roundedDecimal(left), roundedDecimal(right)];
  if (one) return isFraction(right) && isRounding(one, second) ? "equal" : "different";
  return other && isFraction(left) && isRounding(other, first) ? "equal" : "different";
};

const isFraction = (text: string): boolean => /frac|\//.test(text);

export class Equality {
  readonly #algebra: Expressions;

  constructor(algebra: Expressions) {
    this.#algebra = algebra;
  }

  /** Never throws: what the algebra cannot read is undecided. */
  compare(gold: string, given: string): Verdict {
    try {
      return either(
        () => this.#compareForms(formOf(clean(gold)), formOf(clean(given))),
        () => this.#compareDecimalCommas(clean(gold), clean(given)),
        () => this.#compareLists(gold, given),
        () => this.#compareAngles(gold, given),
      );
    } catch {
      return "undecided";
    }
  }

  /** `1,5` is a list unless the other answer is a decimal. */
  #compareDecimalCommas(gold: string, given: string): Verdict {
    const isComma = (text: string) => /^-?\d+,\d+$/.test(text);
    const isPoint = (text: string) => /^-?\d+\.\d+$/.test(text);
    if (!((isComma(gold) && isPoint(given)) || (isPoint(gold) && isComma(given)))) return "different";
    return compareNumbers(gold.replace(",", "."), given.replace(",", "."));
  }

  /** `100,200` is a number unless the other answer has several items. */
  #compareLists(gold: string, given: string): Verdict {
    const [first, second] = [clean(gold, { commas: true }), clean(given, { commas: true })];
    if (first === clean(gold) && second === clean(given)) return "different";
    const isList = [gold, given].some((answer) => hasItems(formOf(clean(answer))));
    return isList ? this.#compareForms(formOf(first), formOf(second)) : "different";
  }

  /** `\cos 15^\circ` is a cosine of degrees only if the sign is kept. */
  #compareAngles(gold: string, given: string): Verdict {
    if (!/\\circ|°|\\degree/.test(gold + given)) return "different";
    const [first, second] = [gold, given].map((text) => formOf(clean(text, { degrees: true })));
    return first && second ? this.#compareForms(first, second) : "different";
  }

  #compareForms(gold: Form, given: Form): Verdict {
    if (gold.kind === "value" && given.kind === "value") return this.#compareValues(gold.latex, given.latex);
    if (gold.kind === "relation" || given.kind === "relation") return this.#compareNamed(gold, given);
    if (gold.kind === "matrix" || given.kind === "matrix") return this.#compareMatrices(gold, given);
    if (gold.kind === "tuple" || given.kind === "tuple") return this.#compareTuples(gold, given);
    if (gold.kind === "ratio" || given.kind === "ratio") return this.#compareProportions(gold, given);
    return this.#compareCollections(gold, given);
  }

  #compareValues(gold: string, given: string): Verdict {
    const [first, second] = [percentless(gold), percentless(given)];
    const plain = () => compareSpelling(first, second) ?? this.#compareExpressions(first, second);
    if ((first === gold) === (second === given)) return plain();
    const [hundredth, whole] = first === gold ? [second, first] : [first, second];
    return either(plain, () => this.#compareExpressions(`\\frac{${hundredth}}{100}`, whole));
  }

  #compareExpressions(left: string, right: string): Verdict {
    const spelled = compareSpelling(left, right);
    if (spelled !== undefined) return spelled;
    const [one, other] = [roundedDecimal(unspaced(left)), roundedDecimal(unspaced(right))];
    if (one && !other) return this.#algebra.rounds(right, one) ? "equal" : "different";
    if (other && !one) return this.#algebra.rounds(left, other) ? "equal" : "different";
    return this.#algebra.compare(left, right);
  }

  /** In the same order, or in any. */
  #compareInOrder(gold: Values, given: Values): Verdict {
    if (gold.length !== given.length) return "different";
    return every(gold.map((item, index) => this.#compareForms(item, given[index] ?? item)));
  }

  #compareUnordered(gold: Values, given: Values): Verdict {
    if (gold.length !== given.length) return "different";
    const left = [...given];
    const verdicts = gold.map((item): Verdict => {
      const tried = left.map((other) => this.#compareForms(item, other));
      const place = tried.indexOf("equal");
      if (place >= 0) left.splice(place, 1);
      return place >= 0 ? "equal" : tried.includes("undecided") ? "undecided" : "different";
    });
    return every(verdicts);
  }

  /** Lists, sets, unions, and single values as lists of one. */
  #compareCollections(gold: Form, given: Form): Verdict {
    const [first, second] = [this.#itemsOf(gold), this.#itemsOf(given)];
    return this.#compareUnordered(first, second);
  }

  /** A set, or a union of sets, has every item once. */
  #itemsOf(form: Form): Values {
    if (form.kind === "union" && form.items.every((item) => item.kind === "set"))
      return this.#distinct(form.items.flatMap((item) => this.#itemsOf(item)));
    if (form.kind === "set")
      return this.#distinct(form.items.flatMap((item) => (item.kind === "list" ? item.items : [item])));
    return form.kind === "list" || form.kind === "union" ? form.items : [form];
  }

  #distinct(items: Values): Values {
    const kept: Form[] = [];
    for (const item of items)
      if (!kept.some((other) => this.#compareForms(other, item) === "equal")) kept.push(item);
    return kept;
  }

  #compareTuples(gold: Form, given: Form): Verdict {
    if (gold.kind === "tuple" && given.kind === "tuple") {
      const round = (bracket: string) => bracket.replace("\\langle", "(").replace("\\rangle", ")");
      const isSame = round(gold.open) === round(given.open) && round(gold.close) === round(given.close);
      return isSame ? this.#compareInOrder(gold.items, given.items) : "different";
    }
    const [tuple, other] = gold.kind === "tuple" ? [gold, given] : [given, gold];
    if (tuple.kind !== "tuple") return "different";
    if ((other.kind === "list" || other.kind === "set") && tuple.open === "(" && tuple.close === ")") {
      return either(
        () => this.#compareInOrder(tuple.items, other.items.map(namedValue)),
        () => this.#compareUnordered([tuple], other.items),
      );
    }
    return other.kind === "union" || other.kind === "list" || other.kind === "set"
      ? this.#compareUnordered([tuple], other.items)
      : "different";
  }

  #compareMatrices(gold: Form, given: Form): Verdict {
    if (gold.kind === "matrix" && given.kind === "matrix") {
      if (gold.rows.length !== given.rows.length) return "different";
      return every(gold.rows.map((row, index) => this.#compareInOrder(row, given.rows[index] ?? [])));
    }
    const [matrix, other] = gold.kind === "matrix" ? [gold, given] : [given, gold];
    if (matrix.kind !== "matrix") return "different";
    if (other.kind === "value" && !other.latex.includes("\\begin")) return "different";
    if (other.kind === "value") return this.#algebra.compare(matrixLatex(matrix.rows), other.latex);
    const isVector = matrix.rows.length === 1 || matrix.rows.every((row) => row.length === 1);
    return isVector && (other.kind === "list" || other.kind === "tuple")
      ? this.#compareInOrder(matrix.rows.flat(), other.items)
      : "different";
  }

  /** `1:2` is a half. */
  #compareProportions(gold: Form, given: Form): Verdict {
    if (gold.kind === "ratio" && given.kind === "ratio") return this.#compareInOrder(gold.items, given.items);
    const [ratio, other] = gold.kind === "ratio" ? [gold, given] : [given, gold];
    if (ratio.kind !== "ratio" || other.kind !== "value") return "different";
    const [first, second, ...more] = ratio.items;
    if (first?.kind !== "value" || second?.kind !== "value" || more.length > 0) return "different";
    return this.#compareValues(`\\frac{${first.latex}}{${second.latex}}`, other.latex);
  }

  #compareNamed(gold: Form, given: Form): Verdict {
    if (gold.kind === "relation" && given.kind === "relation") return this.#compareRelations(gold, given);
    const [relation, other] = gold.kind === "relation" ? [gold, given] : [given, gold];
    if (relation.kind !== "relation" || relation.value === undefined) return "different";
    return this.#compareForms(relation.value, other);
  }

  #compareRelations(gold: Relation, given: Relation): Verdict {
    const isNamed = gold.name !== undefined && gold.name === given.name;
    if (isNamed && gold.value && given.value) return this.#compareForms(gold.value, given.value);
    return either(
      () => this.#compareSides(gold, given, "positive"),
      () => this.#compareSides(gold, given, "negative"),
    );
  }

  #compareSides(gold: Relation, given: Relation, factor: "positive" | "negative"): Verdict {
    const directed = gold.operator !== "=" && gold.operator !== "\\ne";
    const turned =
      factor === "negative" ? (turnedOperators[given.operator] ?? given.operator) : given.operator;
    if (gold.operator !== turned) return "different";
    return this.#algebra.compareEquations(gold, given, directed ? factor : "any");
  }
}

const hasItems = (form: Form): boolean => "items" in form && form.items.length > 1;

const turnedOperators: Readonly<Record<string, string>> = {
  ...{ "<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le" },
};

const namedValue = (form: Form): Form => (form.kind === "relation" && form.value ? form.value : form);

const matrixLatex = (rows: readonly (readonly Form[])[]): string => {
  const cell = (form: Form) => (form.kind === "value" ? form.latex : "?");
  return `\\begin{pmatrix}${rows.map((row) => row.map(cell).join("&")).join("\\\\")}\\end{pmatrix}`;
};
