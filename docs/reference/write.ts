/** `npm run reference`: writes the pages that are generated from schemas. */
import { writeFileSync } from "node:fs";
import { messagesSchema } from "../../runtime/messages-schema.ts";
import { configurationReference } from "./configuration.ts";
import { messagesReference } from "./messages.ts";

export const references = [
  ["configuration.md", configurationReference],
  ["messages.md", messagesReference],
  ["messages.schema.json", () => `${JSON.stringify(messagesSchema())}\n`],
] as const;

export const fileOf = (name: string): URL => new URL(`../${name}`, import.meta.url);

if (import.meta.main) for (const [name, reference] of references) writeFileSync(fileOf(name), reference());
