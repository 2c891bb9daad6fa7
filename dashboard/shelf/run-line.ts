/** One run as a line of the table, from a few sums over its journal: no message is read in full. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { baseWeights, foldWeights, versionOf, type Weights } from "../../machines/folds/weights.ts";
import type { Config } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import { RunLock } from "../../runtime/journal/run-lock.ts";
import { componentNames } from "../../runtime/message-parts.ts";
import type { Message } from "../../runtime/messages.ts";
import { readStoredConfig, shownConfig } from "../record/stored-config.ts";
import type { RunLine } from "./shelf-view.ts";

type Row = ReturnType<JournalReader["rows"]>[number];

const numberOf = (row: Row | undefined, column: string): number => Number(row?.[column] ?? 0);

const countOf = (journal: JournalReader, type: Message["type"]): number =>
  numberOf(journal.rows("SELECT count(*) AS number FROM records WHERE type = ?", type)[0], "number");

const tokensIn = (journal: JournalReader): number =>
  numberOf(
    journal.rows(`SELECT sum((body ->> 'promptTokens') + (body ->> 'completionTokens')) AS tokens
      FROM records WHERE type = 'call.metered'`)[0],
    "tokens",
  );

/** The newest of the two says whether the run is over. */
const reasonIn = (journal: JournalReader): string | undefined => {
  const [last] = journal.rows(`SELECT type, body ->> 'reason' AS reason FROM records
    WHERE type IN ('run.finished', 'run.extended') ORDER BY seq DESC LIMIT 1`);
  return last?.type === "run.finished" ? String(last.reason) : undefined;
};

const weightsIn = (journal: JournalReader): Weights =>
  journal
    .rows(`SELECT body FROM records WHERE type IN ('adapter.published', 'adapter.withdrawn') ORDER BY seq`)
    .map(({ body }) => JSON.parse(String(body)) as Message)
    .reduce(foldWeights, baseWeights);

/** Zero-shot readings of the set that was measured first, oldest first. */
const measuredIn = (journal: JournalReader): readonly Row[] =>
  journal.rows(`SELECT body ->> 'set' AS name, body ->> 'model' AS model, body ->> 'adapter' AS adapter,
      (SELECT avg(answer.value ->> 'right') FROM json_each(body, '$.answers') AS answer) AS share
    FROM records WHERE type = 'measure.taken' AND body ->> 'kind' = 'zero-shot' AND body ->> 'set' =
      (SELECT body ->> 'set' FROM records WHERE type = 'measure.taken' AND body ->> 'kind' = 'zero-shot'
        ORDER BY seq LIMIT 1)
    ORDER BY seq`);

/** Readings of the external problems, for runs that have measured nothing else yet. */
const anchoredIn = (journal: JournalReader): readonly Row[] =>
  journal.rows(`SELECT 'anchor' AS name, body ->> 'model' AS model, body ->> 'adapter' AS adapter,
      (body ->> '$.zeroShot.correct') * 1.0 / max(1, body ->> '$.zeroShot.total') AS share
    FROM records WHERE type = 'anchor.measured' ORDER BY seq`);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The newest reading of each model at a version. */
const meanAt = (rows: readonly Row[], versionOfModel: (model: string) => number): number | undefined => {
  const newest = new Map<string, number>();
  for (const { model, adapter, share } of rows)
    if (share !== null && Number(adapter) === versionOfModel(String(model)))
      newest.set(String(model), Number(share));
  return newest.size === 0 ? undefined : mean([...newest.values()]);
};

const accuracyIn = (journal: JournalReader): Pick<RunLine, "accuracy"> => {
  const weights = weightsIn(journal);
  const measured = measuredIn(journal);
  const rows = measured.length === 0 ? anchoredIn(journal) : measured;
  const before = meanAt(rows, () => 0);
  const after = meanAt(rows, (model) => versionOf(weights, model));
  if (before === undefined || after === undefined) return {};
  return { accuracy: { set: String(rows[0]?.name), before, after } };
};

const familyOf = (config: Config): string => {
  const {
    run: _run,
    runsFolder: _folder,
    seed: _seed,
    ...rest
  } = shownConfig(config) as Record<string, unknown>;
  return createHash("sha256").update(JSON.stringify(rest)).digest("base64url").slice(0, 12);
};

const isOff = (config: Config, component: string): boolean =>
  (config as Readonly<Record<string, unknown>>)[component] === false;

const configured = (config: Config): Pick<RunLine, "models" | "without" | "seed" | "family"> => ({
  models: config.models.map(({ name }) => name),
  without: componentNames.filter((name) => isOff(config, name)),
  seed: config.seed,
  family: familyOf(config),
});

const summed = (journal: JournalReader) => {
  const newest = journal.rows("SELECT at FROM records ORDER BY seq DESC LIMIT 1")[0];
  const reason = reasonIn(journal);
  return {
    ...{ startedAt: journal.created, newestAt: numberOf(newest, "at") || journal.created },
    ...{ rounds: countOf(journal, "round.closed"), questions: countOf(journal, "question.settled") },
    ...{ adapters: countOf(journal, "adapter.published"), tokens: tokensIn(journal), ...accuracyIn(journal) },
    ...(reason === undefined ? {} : { reason }),
  };
};

const nothing = {
  ...{ models: [], without: [], seed: 0, family: "", startedAt: 0, newestAt: 0 },
  ...{ rounds: 0, questions: 0, adapters: 0, tokens: 0 },
};

/** A damaged run, or one of another version, gets a line with the reason. */
export const runLine = (runsFolder: string, key: string, run: string): RunLine => {
  const folder = join(runsFolder, key);
  try {
    const journal = JournalReader.openReadOnly(folder);
    try {
      const sums = summed(journal);
      const over = sums.reason === undefined ? "open" : "finished";
      return {
        ...{ key, run, ...configured(readStoredConfig(journal.config, run)), ...sums },
        state: RunLock.isHeld(folder) ? "playing" : over,
      };
    } finally {
      journal.close();
    }
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    return { key, run, ...nothing, state: "unreadable", problem };
  }
};
