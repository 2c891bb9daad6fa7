/** kill -9 at random instants: no settled question is lost, none is rated twice, no job is run twice. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { trueSkill } from "../../actors/trueskill.ts";
import { rateDossier } from "../../machines/referee.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import type { Message, MessageOf, MessageType, Rating } from "../../runtime/messages.ts";

/** More find rarer instants: `AGORA_KILLS=100`. */
const kills = Number(process.env.AGORA_KILLS ?? 8);
const fixture = fileURLToPath(new URL("./kill.fixture.ts", import.meta.url));

/** Runs until the end, or until `lifetime` milliseconds after the first settled question. */
const live = async (folder: string, lifetime: number, heard: Set<string>): Promise<boolean> => {
  const mode = existsSync(join(folder, "killed", "run.db")) ? "resume" : "run";
  const given = [fixture, folder, mode, String(kills)];
  const child = spawn(process.execPath, given, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let ended = false;
  const started = Promise.withResolvers<void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    started.resolve();
    for (const line of text.split("\n")) {
      if (line.startsWith("q")) heard.add(line);
      if (line === "ended finished") ended = true;
    }
  });
  await Promise.race([started.promise, exited]);
  await Promise.race([sleep(lifetime), exited]);
  child.kill("SIGKILL");
  await exited;
  return ended;
};

const ofType = <T extends MessageType>(records: readonly Message[], type: T): MessageOf<T>[] =>
  records.filter((record): record is MessageOf<T> => record.type === type);

test(`survives ${kills} kills`, { timeout: 120_000 + 15_000 * kills }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "agora-kill-"));
  try {
    const heard = new Set<string>();
    let killed = 0;
    let ended = false;
    while (!ended) {
      const lifetime = killed < kills ? Math.random() * 400 : 60_000;
      ended = await live(folder, lifetime, heard);
      if (!ended) killed++;
      expect(killed, "the run makes no progress between kills").toBeLessThan(3 * kills);
    }
    expect(killed).toBeGreaterThanOrEqual(kills);

    const journal = JournalReader.openReadOnly(join(folder, "killed"));
    const records = Array.from(journal.records(), ({ message }) => message);
    journal.close();
    const settled = ofType(records, "question.settled");
    const questions = settled.map(({ dossier }) => dossier.question);
    expect(new Set(questions).size).toBe(questions.length);
    expect([...heard].filter((question) => !questions.includes(question))).toEqual([]);

    const ratings = settled.reduce<Record<string, Rating>>(
      (before, { dossier }) => rateDossier(trueSkill, before, dossier),
      {},
    );
    expect(settled.at(-1)?.ratings).toEqual(ratings);

    const published = ofType(records, "adapter.published").map(({ job }) => job);
    expect(published.length).toBeGreaterThan(0);
    expect(new Set(published).size).toBe(published.length);
    const trained = readdirSync(folder).filter((name) => name.startsWith("trained-"));
    const jobs = trained.map((name) => name.split("-")[1]);
    expect(new Set(jobs).size).toBe(jobs.length);
    const rounds = ofType(records, "round.closed").map(({ round }) => round);
    expect(rounds).toEqual(rounds.map((_, index) => index));
    expect(ofType(records, "run.finished")).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
