/** Writes SVG as text. Every text and attribute is escaped here: names of arms and models may contain anything. */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For text and quoted attributes of HTML and SVG. Control characters are not allowed in XML. */
export const escaped = (text: string): string =>
  text.replaceAll(/[^\P{Cc}\t\n]/gu, " ").replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);

type Attributes = Readonly<Record<string, string | number | undefined>>;

const numberText = (value: number): string => String(Number(value.toFixed(2)));

const attributesText = (attributes: Attributes): string =>
  Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) => ` ${name}="${typeof value === "number" ? numberText(value) : escaped(value ?? "")}"`,
    )
    .join("");

/** `content` is SVG already; use `label` for text. */
export const element = (name: string, attributes: Attributes, content = ""): string =>
  content === ""
    ? `<${name}${attributesText(attributes)}/>`
    : `<${name}${attributesText(attributes)}>${content}</${name}>`;

export const label = (text: string, x: number, y: number, attributes: Attributes = {}): string =>
  element("text", { x, y, ...attributes }, escaped(text));

export interface Place {
  readonly x: number;
  readonly y: number;
}

export const pathOf = (places: readonly Place[]): string =>
  places.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${numberText(x)} ${numberText(y)}`).join("");
