/**
 * The journal's schema: one append-only table, and views over its JSON bodies for any SQLite tool.
 * `position` is the record's `seq`; times are in milliseconds since 1970.
 *
 * `meta` has one row each for `format`, `agora` (the version of the package that created the journal; since format 2),
 * `created` [ms since 1970], `config` and `writer` (the term of the process that may write).
 */

/** Increases when a message, a field of a message or a view changes so that older code cannot read the journal. */
export const journalFormat = 2;

export const tables = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE records (
  seq INTEGER PRIMARY KEY,
  key TEXT UNIQUE,
  type TEXT NOT NULL,
  at REAL NOT NULL,
  sender TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX records_by_type ON records (type, seq);
CREATE TRIGGER records_keep BEFORE DELETE ON records
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER records_fixed BEFORE UPDATE ON records
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
`;

const settled = "records WHERE type = 'question.settled'";

export const views = `
CREATE VIEW dossiers AS
  SELECT seq AS position, at, body -> '$.dossier' AS dossier, body FROM ${settled};

CREATE VIEW questions AS
  SELECT position, dossier ->> 'question' AS question, dossier ->> 'round' AS round,
    dossier ->> 'author' AS author, dossier ->> 'adapter' AS adapter,
    dossier ->> 'difficulty' AS difficulty, dossier ->> 'text' AS text,
    'settled' AS outcome, NULL AS reason,
    json_array_length(dossier, '$.solutions') AS solutions,
    json_array_length(dossier, '$.withheld') AS withheld,
    json_array_length(dossier, '$.verified') AS verified,
    dossier ->> 'winner' AS winner, dossier ->> '$.explanation.text' AS explanation,
    dossier ->> 'openedAt' AS opened_at, at AS closed_at
  FROM dossiers
  UNION ALL
  SELECT seq, body ->> 'question', body ->> 'round', body ->> 'author', body ->> 'adapter',
    NULL, body ->> 'text', 'void', body ->> 'reason', 0, 0, 0, NULL, NULL, at, at
  FROM records WHERE type = 'question.voided';

CREATE VIEW solutions AS
  SELECT position, dossier ->> 'question' AS question, dossier ->> 'round' AS round,
    item.value ->> 'solutionId' AS solution_id, item.value ->> 'author' AS author,
    item.value ->> 'adapter' AS adapter, item.value ->> 'text' AS text, item.value ->> 'answer' AS answer,
    EXISTS (SELECT 1 FROM json_each(dossier, '$.verified') AS passed
      WHERE passed.value = item.value ->> 'solutionId') AS verified,
    item.value ->> 'solutionId' IS dossier ->> 'winner' AS winner,
    coalesce((SELECT admission.value ->> 'admitted' FROM json_each(body, '$.admissions') AS admission
      WHERE admission.value ->> 'solutionId' = item.value ->> 'solutionId'), 0) AS admitted,
    item.value ->> 'examples' AS examples, item.value -> 'exemplars' AS exemplars
  FROM dossiers, json_each(dossier, '$.solutions') AS item;

CREATE VIEW verdicts AS
  SELECT position, dossier ->> 'question' AS question, item.value ->> 'solutionId' AS solution_id,
    item.value ->> 'verifier' AS verifier, item.value ->> 'adapter' AS adapter,
    item.value ->> 'verdict' AS verdict, item.value ->> 'text' AS text
  FROM dossiers, json_each(dossier, '$.verdicts') AS item;

CREATE VIEW remarks AS
  SELECT position, dossier ->> 'question' AS question, item.value ->> 'solutionId' AS solution_id,
    item.value ->> 'author' AS author, item.value ->> 'kind' AS kind, item.value ->> 'text' AS text,
    coalesce(item.value ->> 'late', 0) AS late
  FROM dossiers, json_each(dossier, '$.remarks') AS item;

CREATE VIEW votes AS
  SELECT position, dossier ->> 'question' AS question, item.value ->> 'pair' AS pair,
    item.value ->> 'voter' AS voter, item.value ->> 'adapter' AS adapter, item.value ->> 'choice' AS choice,
    item.value ->> 'shownFirst' AS shown_first, item.value ->> 'text' AS text
  FROM dossiers, json_each(dossier, '$.ballots') AS item;

CREATE VIEW duels AS
  SELECT position, dossier ->> 'question' AS question, item.value ->> 'first' AS first,
    item.value ->> 'second' AS second, item.value ->> 'outcome' AS outcome
  FROM dossiers, json_each(dossier, '$.duels') AS item;

CREATE VIEW ratings AS
  SELECT position, at, dossier ->> 'question' AS question, item.key AS agent,
    item.value ->> 'mu' AS mu, item.value ->> 'sigma' AS sigma
  FROM dossiers, json_each(body, '$.ratings') AS item;

CREATE VIEW samples AS
  SELECT position, question, round, solution_id, author, adapter, text, answer, examples
  FROM solutions WHERE admitted;

CREATE VIEW calls AS
  SELECT seq AS position, at, sender, body ->> 'model' AS model, body ->> 'role' AS role,
    body ->> 'calls' AS calls, body ->> 'promptTokens' AS prompt_tokens,
    body ->> 'completionTokens' AS completion_tokens, body ->> 'seconds' AS seconds,
    body ->> 'outcome' AS outcome, ifnull(body ->> 'cachedTokens', 0) AS cached_tokens
  FROM records WHERE type = 'call.metered';

CREATE VIEW rounds AS
  SELECT opened.seq AS position, opened.body ->> 'round' AS round, opened.body ->> 'attempt' AS attempt,
    opened.body ->> 'generator' AS generator, opened.body ->> 'count' AS asked,
    opened.body ->> 'difficulty' AS difficulty, opened.body ->> 'strategy' AS strategy,
    opened.at AS opened_at, closed.at AS closed_at, closed.body ->> 'settled' AS settled,
    closed.body ->> 'voided' AS voided, closed.body ->> 'solutions' AS solutions,
    closed.body ->> 'verified' AS verified, closed.body ->> 'admitted' AS admitted,
    closed.body ->> 'passRate' AS pass_rate, closed.body ->> 'target' AS target,
    closed.body ->> 'surprise' AS surprise, closed.body ->> 'nextDifficulty' AS next_difficulty
  FROM records AS opened LEFT JOIN records AS closed
    ON closed.key = 'round.closed:' || (opened.body ->> 'round')
  WHERE opened.type = 'round.opened';

CREATE VIEW anchors AS
  SELECT seq AS position, at, body ->> 'round' AS round, body ->> 'model' AS model,
    body ->> 'adapter' AS adapter, body ->> 'purpose' AS purpose,
    body ->> '$.zeroShot.correct' AS zero_shot_correct, body ->> '$.zeroShot.total' AS zero_shot_total,
    body ->> '$.eliteShot.correct' AS elite_shot_correct, body ->> '$.eliteShot.total' AS elite_shot_total
  FROM records WHERE type = 'anchor.measured';

CREATE VIEW jobs AS
  SELECT asked.seq AS position, asked.body ->> 'job' AS job, asked.body ->> 'model' AS model,
    asked.body ->> 'previous' AS previous, asked.body ->> 'version' AS version,
    json_array_length(asked.body, '$.samples') AS samples, asked.at AS requested_at,
    CASE ended.type WHEN 'adapter.published' THEN 'published' WHEN 'adapter.rejected' THEN 'rejected'
      WHEN 'training.failed' THEN 'failed' ELSE 'open' END AS outcome,
    ended.at AS ended_at, ended.body ->> 'before' AS accuracy_before, ended.body ->> 'after' AS accuracy_after,
    ended.body ->> 'loss' AS loss, ended.body ->> 'folder' AS folder, ended.body ->> 'cause' AS cause,
    EXISTS (SELECT 1 FROM records AS withdrawn WHERE withdrawn.key = 'adapter.withdrawn:'
      || (asked.body ->> 'model') || '@v' || (asked.body ->> 'version')) AS withdrawn
  FROM records AS asked LEFT JOIN records AS ended ON ended.key = 'job.ended:' || (asked.body ->> 'job')
  WHERE asked.type = 'training.requested';
`;
