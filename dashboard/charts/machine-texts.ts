/** A machine's definition as texts that people copy: as XState takes it, as code for Stately's editor, and as Mermaid. */
import type { MachineView } from "../view.ts";
import { graphOf } from "./machine-graph.ts";
import { mermaidOf } from "./mermaid.ts";

/** Guards, actions, delays and actors stand in a definition by name. */
const codeOf = (config: string): string =>
  `import { createMachine } from "xstate";\n\nexport const machine = createMachine(${config});\n`;

export const machineView = (definition: unknown): MachineView => {
  const config = JSON.stringify(definition, null, 2) ?? "{}";
  return { config, code: codeOf(config), mermaid: mermaidOf(graphOf(definition)) };
};
