/** What enters the buffer follows from the ratings, and every job trains on what the buffer holds, once. */
import { admissionsOf } from "../../../machines/folds/admission.ts";
import type { Message, MessageOf, Strategy } from "../../../runtime/messages.ts";
import { type Evidence, ofType, repeated } from "./evidence.ts";

const isSameAdmission = (settled: MessageOf<"question.settled">, { config }: Evidence, strategy: Strategy) =>
  JSON.stringify(admissionsOf(settled.dossier, settled.ratings, config, strategy)) ===
  JSON.stringify(settled.admissions);

/** A strategy counts from its record on; a question that was on its way to the journal then has the one before. */
const admissionTroubles = (evidence: Evidence): string[] => {
  const strategies: Strategy[] = ["explore"];
  const found: string[] = [];
  for (const record of evidence.records) {
    if (record.type === "strategy.changed") strategies.push(record.after);
    if (record.type !== "question.settled") continue;
    const isFit = strategies.slice(-2).some((strategy) => isSameAdmission(record, evidence, strategy));
    if (!isFit) found.push(`the admissions of ${record.dossier.question} do not follow from its ratings`);
  }
  return found;
};

/** Samples that wait, and those of the newest generation, as each job is requested. */
const jobTroubles = (records: readonly Message[]): string[] => {
  let waiting: string[] = [];
  const generations = new Map<number, readonly string[]>();
  const found: string[] = [];
  for (const record of records) {
    if (record.type === "question.settled")
      waiting.push(...record.admissions.flatMap(({ solutionId, admitted }) => (admitted ? solutionId : [])));
    if (record.type !== "training.requested") continue;
    const { job, generation, samples } = record;
    const expected = generations.get(generation);
    if (expected === undefined) {
      const missing = samples.filter((sample) => !waiting.includes(sample));
      found.push(...missing.map((sample) => `job ${job} trains on ${sample}, which does not wait`));
      generations.set(generation, samples);
      waiting = waiting.filter((sample) => !samples.includes(sample));
    } else if (expected.join() !== samples.join())
      found.push(`job ${job} has other samples than its generation`);
  }
  return found;
};

export const bufferViolations = (evidence: Evidence): string[] => {
  const { records } = evidence;
  const admitted = ofType(records, "question.settled").flatMap(({ admissions }) =>
    admissions.flatMap(({ solutionId, admitted: isIn }) => (isIn ? [solutionId] : [])),
  );
  const trained = ofType(records, "training.requested").flatMap(({ model, samples }) =>
    samples.map((sample) => `${model} on ${sample}`),
  );
  return [
    ...admissionTroubles(evidence),
    ...jobTroubles(records),
    ...repeated(admitted).map((sample) => `sample ${sample} is admitted twice`),
    ...repeated(trained).map((sample) => `two jobs train ${sample}`),
  ];
};

/** Every job ends once, and is run once. */
export const jobViolations = ({ records, trained }: Evidence): string[] => {
  const requested = ofType(records, "training.requested");
  const ended = [
    ...ofType(records, "adapter.published"),
    ...ofType(records, "adapter.rejected"),
    ...ofType(records, "training.failed"),
  ].map(({ job }) => job);
  const versions = requested.map(({ model, version }) => `${model}@v${version}`);
  const known = new Set(requested.map(({ job }) => job));
  return [
    ...repeated(trained).map((job) => `job ${job} was run twice`),
    ...repeated(ended).map((job) => `job ${job} has two ends`),
    ...repeated(versions).map((version) => `two jobs make ${version}`),
    ...[...trained, ...ended]
      .filter((job) => !known.has(job))
      .map((job) => `nobody has requested job ${job}`),
    ...[...known].filter((job) => !ended.includes(job)).map((job) => `job ${job} has no end`),
  ];
};
