/** Doc comments of schemas, as they stand in the source: what a schema at run time does not know. */

const owner = /^(?: {2}"([\w.]+)": message\(|export const (\w+) = )/;
const field = /^\s+(\w+):/;

/** By `Owner`, or `Owner.field`; an owner is a message's type or an exported constant. */
export const commentsIn = (source: string): ReadonlyMap<string, string> => {
  const comments = new Map<string, string>();
  let [current, pending] = ["", ""];
  const lines = source
    .replaceAll(/\/\*\*([\s\S]*?)\*\//g, (_, text: string) => `@@${oneLine(text)}`)
    .split("\n");
  for (const line of lines) {
    const [, comment] = /^\s*@@(.*)$/.exec(line) ?? [];
    if (comment !== undefined) {
      pending = comment;
      continue;
    }
    const [, type, constant] = owner.exec(line) ?? [];
    const named = type ?? constant;
    if (named !== undefined) current = named;
    const [, key] = named === undefined ? (field.exec(line) ?? []) : [];
    if (pending !== "") comments.set(key === undefined ? current : `${current}.${key}`, pending);
    pending = "";
  }
  return comments;
};

const oneLine = (comment: string): string => comment.replaceAll(/\s*\n\s*\*?\s*/g, " ").trim();
