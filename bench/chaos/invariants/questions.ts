/** No settled question is lost or counts twice, and the rounds hold all of them. */
import { type Evidence, ofType, repeated } from "./evidence.ts";

interface Count {
  settled: number;
  voided: number;
}

/** The rounds close one after another, each with as many questions as the journal has of it. */
const roundsIn = ({ records }: Evidence): string[] => {
  const counts = new Map<number, Count>();
  const countOf = (round: number): Count => {
    const count = counts.get(round) ?? { settled: 0, voided: 0 };
    counts.set(round, count);
    return count;
  };
  const closed: number[] = [];
  const found: string[] = [];
  for (const record of records) {
    if (record.type === "question.settled") countOf(record.dossier.round).settled += 1;
    if (record.type === "question.voided") countOf(record.round).voided += 1;
    const late = record.type === "question.settled" ? record.dossier.round : undefined;
    if (late !== undefined && closed.includes(late)) countOf(late).settled -= 1;
    if (record.type === "question.voided" && closed.includes(record.round)) countOf(record.round).voided -= 1;
    if (record.type !== "round.closed") continue;
    const { round, settled, voided } = record;
    if (round !== closed.length) found.push(`round ${round} closes as number ${closed.length}`);
    const count = countOf(round);
    if (settled !== count.settled || voided !== count.voided)
      found.push(
        `round ${round} counts ${settled} settled and ${voided} void; the journal has ${count.settled} and ${count.voided}`,
      );
    closed.push(round);
  }
  return found;
};

export const questionViolations = (evidence: Evidence): string[] => {
  const { records, announced } = evidence;
  const settled = ofType(records, "question.settled").map(({ dossier }) => dossier.question);
  const voided = ofType(records, "question.voided").map(({ question }) => question);
  const known = new Set(settled);
  return [
    ...repeated([...settled, ...voided]).map((question) => `question ${question} has two outcomes`),
    ...[...announced]
      .filter((question) => !known.has(question))
      .map((question) => `question ${question} was announced as settled, and is not in the journal`),
    ...roundsIn(evidence),
  ];
};

export const endViolations = ({ records }: Evidence): string[] => {
  const ends = ofType(records, "run.finished").length;
  return ends === 1 ? [] : [`the run has finished ${ends} times`];
};
