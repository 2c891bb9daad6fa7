/** The machines of Agora itself, without those of plug-ins: what is checked of, or drawn for, each of them. */
import type { AnyStateMachine } from "xstate";
import { anchorMachine, readingMachine } from "./anchor.ts";
import { attendanceMachine } from "./attendance.ts";
import { historianMachine } from "./historian.ts";
import { jobMachine } from "./job.ts";
import { modelMachine } from "./model.ts";
import { operatorMachine } from "./operator.ts";
import { questionMachine } from "./question.ts";
import { refereeMachine } from "./referee.ts";
import { supervisorMachine } from "./supervisor.ts";
import { trainerMachine } from "./trainer.ts";

export const everyMachine: readonly AnyStateMachine[] = [
  ...[modelMachine, questionMachine, jobMachine, supervisorMachine, refereeMachine, historianMachine],
  ...[trainerMachine, anchorMachine, readingMachine, attendanceMachine, operatorMachine],
];
