import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { sealed, settled } from "../../runtime/messages.fixture.ts";
import type { Draft } from "../../runtime/messages.ts";
import { Progress, type ProgressOptions, type ProgressStream } from "./progress.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const goals = { run: "trial", rounds: 60, bufferThreshold: 4 };

interface Screen extends ProgressStream {
  written: string;
}
const screenOf = (given: Partial<Screen> = {}): Screen => ({
  written: "",
  write(text) {
    this.written += text;
  },
  ...given,
});
const showing = (screen: Screen, options: Partial<ProgressOptions> = {}) =>
  new Progress({ ...goals, stream: screen, env: {}, ...options });

const opened: Draft = {
  type: "round.opened",
  ...{ round: 7, attempt: 0, generator: "bee", difficulty: 3.25, count: 16, strategy: "explore" },
};
const closed: Draft = {
  type: "round.closed",
  ...{ round: 7, settled: 14, voided: 2, solutions: 56, verified: 30, admitted: 12 },
  ...{
    passRate: 0.54,
    target: 0.6,
    difficulty: 3.25,
    nextDifficulty: 3.22,
    surprise: 0.0123,
    strategy: "explore",
  },
};
const requested: Draft = {
  type: "training.requested",
  ...{ job: "g1.ant", model: "ant", generation: 1, previous: 0, version: 1, samples: ["q1.ada"] },
};
const stepped = (state: string, step: number): Draft => ({
  type: "training.progressed",
  ...{ job: "g1.ant", model: "ant", state, step, steps: 40, loss: 0.5 },
});
const changed: Draft = {
  type: "strategy.changed",
  ...{ round: 7, before: "explore", after: "elite", cause: "plateau\u001b[2J\nnext" },
};

const ESCAPE = "\u001b";
const colours = new RegExp(`${ESCAPE}\\[\\d+m`);
const control = `${ESCAPE}\\[(?:(\\d+)A|0J|\\?7[lh]|\\d+m)`;
const sequences = new RegExp(`${control}|\\r|\\n|[^${ESCAPE}\\r\\n]+`, "g");

/** What a terminal shows; it only understands the sequences of the display. */
const rendered = (output: string): string[] => {
  const rows = [""];
  let row = 0;
  const tokens = output.matchAll(sequences);
  let length = 0;
  for (const [token, up] of tokens) {
    length += token.length;
    if (up !== undefined) row -= Number(up);
    else if (token === "\x1b[0J") rows.splice(row, rows.length, "");
    else if (token === "\n") rows[++row] ??= "";
    else if (!token.startsWith("\x1b") && token !== "\r") rows[row] += token;
    expect(row).toBeGreaterThanOrEqual(0);
  }
  expect(length, "nothing but known sequences").toBe(output.length);
  return rows.slice(0, -1);
};

describe("without a terminal", () => {
  const linesAfter = (...drafts: Draft[]): string[] => {
    const screen = screenOf();
    const progress = showing(screen, { extra: () => "precision 0.99" });
    for (const draft of drafts) progress.accept(sealed(draft));
    return screen.written.split("\n").slice(0, -1);
  };

  test("a closed round is one line, with the extra text", () => {
    expect(linesAfter(opened, closed)).toEqual([
      "round 7: 14 settled, 2 void, 12 samples · pass rate 0.54 against target 0.60 · surprise 0.012" +
        " · difficulty 3.25 → 3.22 · explore · precision 0.99",
    ]);
  });

  test("a job's states are lines, its steps are not", () => {
    const steps = [1, 2, 3].map((step) => stepped("training", step));
    expect(linesAfter(requested, ...steps, stepped("gating", 0))).toEqual([
      "job g1.ant: queued, 1 samples",
      "job g1.ant: training",
      "job g1.ant: gating",
    ]);
  });

  test("only the first settled question is a line", () => {
    const screen = screenOf();
    const progress = showing(screen);
    for (const question of ["q1", "q2"]) progress.accept(settled(question));
    expect(screen.written).toBe(
      "first question answered, checked and settled after 0 s: bob asked, 2 of 3 solutions verified\n",
    );
  });

  test("control characters in texts are removed", () => {
    expect(linesAfter(changed)).toEqual(["strategy explore → elite in round 7: plateau next"]);
  });

  test("the records of a resumed run print nothing", () => {
    const screen = screenOf();
    const progress = showing(screen);
    progress.restore([settled("q1")]);
    progress.accept(settled("q2"));
    expect(screen.written).toBe("");
    expect(progress.state.settledInAll).toBe(2);
  });
});

describe("on a terminal", () => {
  const run = (screen: Screen, ...drafts: Draft[]): Progress => {
    const progress = showing(screen, { extra: () => "precision 0.99" });
    for (const draft of drafts) {
      progress.accept(sealed(draft));
      vi.advanceTimersByTime(200);
    }
    return progress;
  };

  test("the block shows the run and replaces itself", () => {
    const screen = screenOf({ isTTY: true });
    const progress = run(screen, opened, closed, requested, stepped("training", 4));
    progress.accept(settled("q1", 7));
    progress.close();
    expect(rendered(screen.written)).toEqual([
      "round     7/60 · bee poses at difficulty 3.25 · explore",
      "questions 1 of 16 settled",
      "pass rate 0.54 against target 0.60 · surprise 0.012",
      "ratings   ada 27.0 ± 7.0 · cyd 25.0 ± 8.0 · dan 25.0 ± 8.0 · bob 24.0 ± 7.0",
      "buffer    [#####---------------] 1 of 4 samples",
      "training  ant@v1 training 4/40 · loss 0.500",
      "time      1 s elapsed · 0 tokens",
      "precision 0.99",
    ]);
  });

  test("lasting events stand above the block", () => {
    const screen = screenOf({ isTTY: true });
    run(screen, opened, changed).close();
    const rows = rendered(screen.written);
    expect(rows[0]).toBe("strategy explore → elite in round 7: plateau next");
    expect(rows.filter((row) => row.startsWith("round"))).toHaveLength(1);
    expect(rows).toContain("strategy  explore → elite in round 7: plateau next");
  });

  test("many messages are one drawing", () => {
    const screen = screenOf({ isTTY: true });
    const progress = showing(screen);
    progress.accept(sealed(opened));
    for (let step = 0; step < 1000; step++) progress.accept(sealed(stepped("training", step)));
    vi.advanceTimersByTime(200);
    expect(screen.written.split("\x1b[0J")).toHaveLength(2);
  });

  test("lines are cut to the terminal's width, the block to its height", () => {
    const screen = screenOf({ isTTY: true, columns: 30, rows: 4 });
    run(screen, opened, closed).close();
    const rows = rendered(screen.written);
    expect(rows).toHaveLength(3);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(30);
    expect(rows[0]).toBe("round     7/60 · bee poses at…");
  });

  test("NO_COLOR is honoured, and a dumb terminal gets plain lines", () => {
    const colourful = screenOf({ isTTY: true });
    run(colourful, opened).close();
    expect(colourful.written).toMatch(colours);
    const grey = screenOf({ isTTY: true });
    const progress = showing(grey, { env: { NO_COLOR: "1" } });
    progress.accept(sealed(opened));
    progress.close();
    expect(grey.written).not.toMatch(colours);
    const dumb = screenOf({ isTTY: true });
    showing(dumb, { env: { TERM: "dumb" } }).accept(sealed(closed));
    expect(dumb.written).toBe(stripVTControlCharacters(dumb.written));
    expect(dumb.written).toMatch(/^round 7: /);
  });

  test("nothing is written after the end, and a closed terminal has no effect", () => {
    const screen = screenOf({ isTTY: true });
    const progress = run(screen, opened);
    progress.close();
    const { written } = screen;
    progress.accept(sealed(closed));
    progress.close();
    vi.advanceTimersByTime(500);
    expect(screen.written).toBe(written);
    const gone = screenOf({
      write: () => {
        throw new Error("EPIPE");
      },
    });
    expect(() => showing(gone).accept(sealed(closed))).not.toThrow();
  });
});
