/** The value of a configuration key as a short text. */

const nameIn = (value: unknown): string | undefined => {
  const { name } = (value ?? {}) as { readonly name?: unknown };
  return typeof name === "string" ? name : undefined;
};

/** Models and other things with a name are told by it; other values are JSON. */
export const settingText = (value: unknown): string => {
  if (value === undefined) return "–";
  const names = Array.isArray(value) ? value.map(nameIn) : [];
  const isNamed = names.length > 0 && names.every((name) => name !== undefined);
  return isNamed ? names.join(", ") : JSON.stringify(value);
};
