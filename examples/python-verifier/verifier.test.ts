/** The verifier in Python takes part in a scripted run, with its key and without. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { startKeyedServer } from "../../cli/commands/keyed-server.fixture.ts";
import { scriptedParts } from "../../cli/host/scripted-society.ts";
import { ofType, playWith, societyConfig } from "../../cli/host/society.fixture.ts";
import { until } from "../../runtime/bus/bus.conformance.ts";
import { Link } from "../../runtime/bus/link.fixture.ts";
import { skipNats } from "../../runtime/bus/nats-server.fixture.ts";
import { pythonOf } from "../../runtime/config/trained.ts";
import type { Message } from "../../runtime/messages.ts";
import { Terms } from "../../runtime/wire/terms.ts";
import { createWire } from "../../runtime/wire/wire.ts";

const python = process.env.AGORA_VERIFIER_PYTHON ?? pythonOf({ trainerPython: undefined });
const packages = "import nats, msgpack, nkeys";
const isRequired = (process.env.AGORA_REQUIRE ?? "").split(",").includes("verifier");
const isLacking = skipNats || (!isRequired && spawnSync(python, ["-c", packages]).status !== 0);
const note = isLacking ? " (skipped: pip install -r examples/python-verifier/requirements.txt)" : "";
if (isLacking) console.warn(`tests of the verifier in Python are skipped: ${python} lacks its packages`);

const every = 1;
const program = join(import.meta.dirname, "verifier.py");

describe.skipIf(isLacking)(`a verifier in Python${note}`, { timeout: 300_000 }, () => {
  test("refuses what the whole group believes, abstains from what it cannot read, and may vanish and come again", async () => {
    const server = await startKeyedServer(["checker"]);
    onTestFinished(() => server.stop());
    const link = await Link.open(server.port);
    onTestFinished(() => link.close());
    const start = () => {
      const given = ["--nats", link.url, "--run", "test", "--every", String(every)];
      const child = spawn(python, [program, ...given, "--key", server.keyOf("checker")]);
      const said = { text: "" };
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => {
          said.text += text;
        });
      onTestFinished(() => void child.kill("SIGKILL"));
      return { child, said, ended: once(child, "exit") };
    };
    const config = societyConfig({
      ...{ rounds: 100_000, lora: false, externalAnchor: false, heartbeatSeconds: every },
      ...{ phaseTimeoutSeconds: 3_000, patienceSeconds: 3_000 },
    });
    // All verifiers believe everything, and cat is wrong.
    const gullible = {
      verifier: ({ prompt }: { prompt: string }) => {
        const said = prompt.match(/ans (\d)/)?.[1] ?? "?";
        return `1+1=2:1+1=2 ans ${said}:${said}`;
      },
    };
    const scripts = {
      ant: gullible,
      bee: gullible,
      cat: { ...gullible, solver: () => ({ text: "1+1=2 ans 2", delaySeconds: 0.03 }) },
    };
    const parts = scriptedParts(config, { bus: await server.connectAs("host"), scripts });
    const heard: Message[] = [];
    const judged = () => ofType(heard, "question.settled").filter(({ dossier }) => dossier.judges);
    const { records, troubles } = await playWith(config, parts, {
      onMessage: (message) => void heard.push(message),
      during: async (run) => {
        const first = start();
        await until(() => judged().length >= 3 || first.child.exitCode !== null);
        // A host that was replaced has a lower term: it cannot make the verifier join again.
        const pulsed = { type: "agent.pulsed", agent: "attendance", life: "replaced", every } as const;
        const late = createWire({ bus: parts.bus, run: "test", terms: new Terms({ own: 1 }) });
        late.send(pulsed, "attendance");
        late.close();
        const known = judged().length;
        await until(() => judged().length > known + 2);
        expect(first.said.text).toBe("checker verifies in run test\n");
        link.become("cut");
        await sleep(300);
        link.become("whole");
        const uncut = judged().length;
        await until(() => judged().length > uncut + 2);
        expect(ofType(heard, "agent.lapsed")).toEqual([]);
        // Somebody else is back: the verifier says again what that one may have missed.
        const said: string[] = [];
        const listening = ["verdict.given", "agent.joined"].map((type) =>
          parts.bus.subscribe(`agora.test.checker.${type}.*`, ({ payload }) => {
            said.push(Buffer.from(payload).toString("hex"));
          }),
        );
        const back = createWire({ bus: parts.bus, run: "test" });
        const joinedBefore = ofType(heard, "agent.joined").length;
        back.send({ type: "agent.returned", agent: "owl" }, "owl");
        await until(() => said.length > new Set(said).size);
        expect(ofType(heard, "agent.joined")).toHaveLength(joinedBefore);
        back.close();
        for (const subscription of listening) subscription.unsubscribe();
        first.child.kill("SIGKILL");
        await until(() => ofType(heard, "agent.lapsed").length >= 1);
        const before = ofType(heard, "question.settled").length;
        await until(() => ofType(heard, "question.settled").length > before + 4);
        const second = start();
        const earlier = judged().length;
        await until(() => judged().length > earlier + 2);
        second.child.kill("SIGTERM");
        expect(await second.ended).toEqual([0, null]);
        await until(() => ofType(heard, "agent.lapsed").length >= 2);
        await run.stop();
      },
    });
    expect(troubles).toEqual(["hearing another host: attendance speaks for a host that was replaced"]);
    expect(ofType(records, "agent.lapsed").map(({ agent, cause }) => [agent, cause])).toEqual([
      ["checker", "no sign of life for 5 s"],
      ["checker", "it left: its process was stopped"],
    ]);
    const verdicts = judged().flatMap(({ dossier }) =>
      dossier.verdicts.filter(({ verifier }) => verifier === "checker"),
    );
    const kinds = new Set(
      verdicts.map(({ solutionId, verdict }) => `${solutionId.split("/")[1]} ${verdict}`),
    );
    expect(kinds).toContain("ant accept");
    expect(kinds).toContain("cat refuse");
    for (const { dossier } of judged()) {
      const refused = dossier.verdicts.filter(
        ({ verifier, verdict }) => verifier === "checker" && verdict === "refuse",
      );
      expect(dossier.group).not.toContain("checker");
      for (const { solutionId } of refused) expect(dossier.verified).not.toContain(solutionId);
    }
    const alone = ofType(records, "question.settled").filter(({ dossier }) => !dossier.judges);
    expect(alone.some(({ dossier }) => dossier.verified.some((id) => id.endsWith("/cat")))).toBe(true);
  });
});
