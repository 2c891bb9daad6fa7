import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ofType } from "../../cli/host/society.fixture.ts";
import { baselineConfig, playBaseline, truthOf } from "./baselines.fixture.ts";

test("the baseline of docs/baselines.md plays as it stands there", async () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/baselines.md"), "utf8");
  const folder = mkdtempSync(join(tmpdir(), "agora-own-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "shortest.ts");
  const code = guide.match(/```ts\n([\s\S]*?)```/)?.[1] ?? "";
  // Outside of tests Agora resolves its own name and its packages for modules anywhere (runtime/plugin/resolution.ts).
  symlinkSync(join(import.meta.dirname, "../../node_modules"), join(folder, "node_modules"));
  writeFileSync(file, code.replace("@agora-society/agora", join(import.meta.dirname, "baseline.ts")));
  const config = baselineConfig("dart", ["ant"], { agents: [file], options: { shortest: { samples: 2 } } });
  const { end, records } = await playBaseline(config, {
    ant: {
      solver: (call) => ({
        text: [0, 1].map(
          (step) => `${step === 0 ? "1+1=2 2+0=2 2" : "0"}+0=${truthOf(call)} ans ${truthOf(call)}`,
        ),
      }),
    },
  });
  expect(end.outcome).toBe("finished");
  const settled = ofType(records, "question.settled");
  expect(settled.map(({ dossier }) => dossier.author)).toEqual(Array(8).fill("shortest"));
  for (const { dossier } of settled) {
    const kept = dossier.solutions.filter(({ solutionId }) => dossier.verified.includes(solutionId));
    expect(kept.map(({ text }) => text)).toEqual([dossier.solutions[1]?.text]);
  }
});
