import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configSchema } from "../../runtime/config/config-keys.ts";
import { schemas } from "../../runtime/messages.ts";
import { configurationReference } from "./configuration.ts";
import { commentsIn, messagesReference } from "./messages.ts";
import { fileOf, references } from "./write.ts";

test.each(references)("docs/%s is up to date (else: npm run reference)", (name, reference) => {
  expect(readFileSync(fileOf(name), "utf8")).toBe(reference());
});

test("the configuration reference explains every key", () => {
  const text = configurationReference();
  for (const key of Object.keys(configSchema.shape))
    expect(text).toMatch(new RegExp(`^\\| \`${key}\` \\|`, "m"));
  expect(text).toMatch(/^\| `topP` \| number > 0, ≤ 1 \| `0.95` \| \S/m);
  expect(text).toContain("| `name` | string |  | Name of the agent; unique in the group. |");
});

test("the messages reference lists every message with its fields and their comments", () => {
  const text = messagesReference();
  for (const type of Object.keys(schemas)) expect(text).toContain(`\n### ${type}\n`);
  expect(text).toContain(
    '| `verdict` | `"accept" \\| "refuse" \\| "abstain"` | An abstention neither accepts',
  );
  expect(text).toContain("| `verdicts` | `Verdict[]` |");
  expect(text).toMatch(/### question\.settled\n\nDurable/);
  expect(text).not.toMatch(/### question\.posed\n\nDurable/);
});

test("a comment belongs to the field or schema below it", () => {
  const source = [
    ...[
      "/** A shape. */",
      "export const Shape = z.object({",
      "  /** In",
      "   * metres. */",
      "  width: count,",
    ],
    ...[
      "  height: count,",
      "});",
      "export const schemas = {",
      "  /** Said once. */",
      '  "a.b": message("a.b", {',
    ],
    ...["    /** Why. */", "    cause: text,"],
  ].join("\n");
  expect([...commentsIn(source)]).toEqual([
    ["Shape", "A shape."],
    ["Shape.width", "In metres."],
    ["a.b", "Said once."],
    ["a.b.cause", "Why."],
  ]);
});
