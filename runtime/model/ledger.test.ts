import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startRun } from "../../cli/host/host.ts";
import { scriptedParts } from "../../cli/host/scripted-society.ts";
import { loadConfig } from "../config/config.ts";
import { Journal } from "../journal/journal.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import type { Draft, Message } from "../messages.ts";
import { type Cost, emptyLedger, foldLedger, type Ledger, Meter } from "./ledger.ts";
import type { Usage } from "./model.ts";

const usage = (more: Partial<Usage> = {}): Usage => ({
  ...{ model: "ant", role: "solver", outcome: "done" },
  ...{ calls: 1, promptTokens: 10, completionTokens: 4, seconds: 0.5 },
  ...more,
});
const heard = (draft: Draft<"call.metered">): Message => ({ from: draft.model, at: 0, ...draft });
const ledgerOf = (drafts: readonly Draft<"call.metered">[]): Ledger =>
  drafts.map(heard).reduce(foldLedger, emptyLedger);
const cost = (calls: number, promptTokens: number, completionTokens: number, seconds: number): Cost => ({
  ...{ calls, promptTokens, cachedTokens: 0, completionTokens, seconds },
});

const metered = (patience = 500) => {
  const sums: Draft<"call.metered">[] = [];
  return { sums, meter: new Meter({ report: (sum) => void sums.push(sum), patience }) };
};

describe("the ledger", () => {
  test("sums per model, per role, per outcome and overall", () => {
    const ledger = ledgerOf([
      { type: "call.metered", ...usage() },
      { type: "call.metered", ...usage({ role: "verifier", calls: 3 }) },
      { type: "call.metered", ...usage({ model: "bee", role: "verifier", outcome: "aborted" }) },
    ]);
    expect(ledger.total).toEqual(cost(5, 30, 12, 1.5));
    expect(ledger.models).toEqual({ ant: cost(4, 20, 8, 1), bee: cost(1, 10, 4, 0.5) });
    expect(ledger.roles).toEqual({ solver: cost(1, 10, 4, 0.5), verifier: cost(4, 20, 8, 1) });
    expect(ledger.outcomes).toEqual({
      done: cost(4, 20, 8, 1),
      aborted: cost(1, 10, 4, 0.5),
      failed: cost(0, 0, 0, 0),
    });
  });

  test("keeps apart what servers say they had cached, and reads journals that do not say it", () => {
    const { total, roles } = ledgerOf([
      { type: "call.metered", ...usage({ cachedTokens: 6 }) },
      { type: "call.metered", ...usage({ role: "verifier", cachedTokens: 2 }) },
      { type: "call.metered", ...usage() },
    ]);
    expect(total).toMatchObject({ promptTokens: 30, cachedTokens: 8 });
    expect(roles.solver).toMatchObject({ promptTokens: 20, cachedTokens: 6 });
  });

  test("accepts any name, such as __proto__, and ignores other messages", () => {
    const named = ledgerOf([{ type: "call.metered", ...usage({ model: "constructor", role: "toString" }) }]);
    expect(named.models).toEqual({ constructor: cost(1, 10, 4, 0.5) });
    const left: Message = { type: "agent.left", agent: "ant", reason: "gone", from: "ant", at: 0 };
    expect(foldLedger(named, left)).toBe(named);
  });
});

describe("the meter", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("reports one sum per model, role and outcome after its patience, and not earlier", () => {
    const { sums, meter } = metered();
    meter.add(usage());
    vi.advanceTimersByTime(400);
    meter.add(usage({ completionTokens: 6 }));
    meter.add(usage({ outcome: "failed" }));
    vi.advanceTimersByTime(99);
    expect(sums).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sums).toMatchObject([
      {
        type: "call.metered",
        ...usage({ calls: 2, promptTokens: 20, cachedTokens: 0, completionTokens: 10, seconds: 1 }),
      },
      { type: "call.metered", ...usage({ outcome: "failed", cachedTokens: 0 }) },
    ]);
  });

  test("starts from zero after each report, and leaves no timer running", () => {
    const { sums, meter } = metered();
    meter.add(usage());
    vi.advanceTimersByTime(500);
    meter.add(usage());
    vi.advanceTimersByTime(500);
    expect(sums.map(({ calls }) => calls)).toEqual([1, 1]);
    expect(new Set(sums.map(({ sum }) => sum)).size).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("reports the remaining sums on close, and nothing afterwards", () => {
    const { sums, meter } = metered();
    meter.add(usage());
    meter.close();
    expect(sums).toHaveLength(1);
    meter.add(usage());
    meter.close();
    vi.advanceTimersByTime(5_000);
    expect(sums).toHaveLength(1);
  });

  test("the ledger does not depend on when the meter is flushed", () => {
    const usages = fc.array(
      fc.record({
        model: fc.constantFrom("ant", "bee"),
        role: fc.constantFrom("solver", "verifier", "voter"),
        outcome: fc.constantFrom("done", "aborted", "failed"),
        calls: fc.nat(5),
        promptTokens: fc.nat(1000),
        cachedTokens: fc.option(fc.nat(1000), { nil: undefined }),
        completionTokens: fc.nat(1000),
        seconds: fc.nat(100),
        pause: fc.nat(600),
      }),
    );
    fc.assert(
      fc.property(usages, (spent) => {
        const { sums, meter } = metered();
        for (const { pause, ...one } of spent) {
          meter.add(one);
          vi.advanceTimersByTime(pause);
        }
        meter.close();
        const single = ledgerOf(spent.map(({ pause: _, ...one }) => ({ type: "call.metered", ...one })));
        expect(ledgerOf(sums)).toEqual(single);
      }),
    );
  });
});

test("a report that arrives again is recorded once, and one without a name as often as it arrives", () => {
  const { sums, meter } = metered();
  meter.add(usage());
  meter.add(usage({ role: "voter" }));
  meter.close();
  const named = sums.map(heard);
  const unnamed = heard({ type: "call.metered", ...usage() });
  const journal = Journal.create(mkdtempSync(join(tmpdir(), "agora-ledger-")));
  try {
    expect(journal.append([...named, ...named, unnamed])).toEqual([...named, unnamed]);
    expect(journal.append([...named, unnamed])).toEqual([unnamed]);
  } finally {
    journal.close();
    rmSync(journal.folder, { recursive: true, force: true });
  }
});

describe("a run", () => {
  const folder = mkdtempSync(join(tmpdir(), "agora-ledger-"));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("a run that is stopped has every call in its journal, including the calls aborted by the stop", async () => {
    const names = ["ant", "bee", "cat"];
    const models = names.map((name) => ({ name, model: "scripted", endpoint: "http://127.0.0.1:9/v1" }));
    const config = loadConfig({ env: {}, overrides: { run: "stopped", runsFolder: folder, models } });
    // The other models finish the question; the calls of this one hang.
    const parts = scriptedParts(config, { scripts: { cat: { verifier: () => ({ hang: true }) } } });
    const judged = Promise.withResolvers<void>();
    const onMessage = ({ type }: Message): void => void (type === "verdict.given" && judged.resolve());
    const run = await startRun({ config, onMessage }, parts);
    await judged.promise;
    await run.close();

    const journal = JournalReader.openReadOnly(run.folder);
    const ledger = Array.from(journal.records(), ({ message }) => message).reduce(foldLedger, emptyLedger);
    journal.close();
    for (const { name, calls } of parts.scripted)
      expect([name, ledger.models[name]?.calls]).toEqual([name, calls]);
    const aborted = parts.scripted.reduce((sum, { aborts }) => sum + aborts, 0);
    expect(aborted).toBeGreaterThan(0);
    expect(ledger.outcomes.aborted.calls).toBe(aborted);
    expect(ledger.outcomes.aborted.promptTokens).toBeGreaterThanOrEqual(aborted);
    expect(ledger.roles.verifier?.calls).toBeGreaterThan(aborted);
  });
});
