/** `agora schemas`: the messages as JSON Schema, for agents in other languages. */
import { messagesSchema } from "../../runtime/messages-schema.ts";

export const printSchemas = (): void => {
  process.stdout.write(`${JSON.stringify(messagesSchema(), null, 2)}\n`);
};
