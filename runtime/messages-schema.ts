/** The messages as JSON Schema, for agents in other languages. */
import { z } from "zod";
import { schemas } from "./messages.ts";
import { wireVersion } from "./wire/enter.ts";

/** One definition for each message type; a message is one of them, by its `type`. */
export const messagesSchema = (): Readonly<Record<string, unknown>> => {
  const definitions = Object.entries(schemas).map(([type, schema]) => {
    const { $schema: _dialect, ...definition } = z.toJSONSchema(schema, { io: "input" });
    return [type, definition] as const;
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Messages of Agora",
    description: `Wire version ${wireVersion}. A message is MessagePack on agora.<run>.<sender>.<type>.<id>.`,
    oneOf: definitions.map(([type]) => ({ $ref: `#/$defs/${type}` })),
    $defs: Object.fromEntries(definitions),
  };
};
