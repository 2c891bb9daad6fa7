/** `npm run reference`: lays out the charts of Agora's own machines. */
import { writeFileSync } from "node:fs";
import { definitionOf } from "../../machines/definition.ts";
import { everyMachine } from "../../machines/every-machine.ts";
import { chartIdOf } from "./charts.ts";
import { layOut } from "./layout.ts";
import { shippedFile } from "./shipped.ts";

/** JSON with one chart a line. */
export const shippedText = async (): Promise<string> => {
  const lines: string[] = [];
  for (const machine of everyMachine) {
    const definition = definitionOf(machine);
    lines.push(JSON.stringify(await layOut(chartIdOf(definition), definition)));
  }
  return `[\n${lines.join(",\n")}\n]\n`;
};

if (import.meta.main) writeFileSync(shippedFile, await shippedText());
