/** `npm run reference`: lays out the charts of Agora's own machines. */
import { writeFileSync } from "node:fs";
import { anchorMachine, readingMachine } from "../../machines/anchor.ts";
import { definitionOf } from "../../machines/definition.ts";
import { historianMachine } from "../../machines/historian.ts";
import { jobMachine } from "../../machines/job.ts";
import { modelMachine } from "../../machines/model.ts";
import { questionMachine } from "../../machines/question.ts";
import { refereeMachine } from "../../machines/referee.ts";
import { supervisorMachine } from "../../machines/supervisor.ts";
import { trainerMachine } from "../../machines/trainer.ts";
import { chartIdOf } from "./charts.ts";
import { layOut } from "./layout.ts";
import { shippedFile } from "./shipped.ts";

const machines = [
  ...[modelMachine, questionMachine, jobMachine, supervisorMachine],
  ...[refereeMachine, historianMachine, trainerMachine, anchorMachine, readingMachine],
];

/** JSON with one chart a line. */
export const shippedText = async (): Promise<string> => {
  const lines: string[] = [];
  for (const machine of machines) {
    const definition = definitionOf(machine);
    lines.push(JSON.stringify(await layOut(chartIdOf(definition), definition)));
  }
  return `[\n${lines.join(",\n")}\n]\n`;
};

if (import.meta.main) writeFileSync(shippedFile, await shippedText());
