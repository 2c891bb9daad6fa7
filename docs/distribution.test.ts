/** The commands of distribution.md, as they stand there, with a port of their own and a short run. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { agora } from "../cli/agora.fixture.ts";
import { readRecords, societyConfig } from "../cli/host/society.fixture.ts";
import { natsNote, skipNats, startNatsServer } from "../runtime/bus/nats-server.fixture.ts";

const page = readFileSync(new URL("./distribution.md", import.meta.url), "utf8");

/** The commands of the first block, without the server's. */
const commands = (/```sh\n([^`]+)```/.exec(page)?.[1] ?? "").split("\n").flatMap((line) => {
  const [program, name, ...given] = line.split(" ");
  return program === "npx" && name === "agora" ? [given] : [];
});

const brief = ["rounds=1", "questionsPerRound=4", "lora=false", "externalAnchor=false"];

test.skipIf(skipNats)(`three processes play one run${natsNote}`, { timeout: 300_000 }, async () => {
  expect(commands.map(([command]) => command)).toEqual(["run", "join", "join"]);
  const server = await startNatsServer();
  const { runsFolder } = societyConfig();
  const [host, ...guests] = commands.map((given) => {
    const placed = given.map((word) => word.replace("nats://127.0.0.1:4222", server.url));
    if (placed[0] === "join") return agora(...placed, "--wait", "200");
    const settings = [`runsFolder=${runsFolder}`, ...brief].flatMap((setting) => ["-s", setting]);
    return agora(...placed, ...settings, "--problems", "0", "--no-page");
  });
  expect([await host?.ended, host?.said.err]).toEqual([[0, null], ""]);
  for (const { ended, said } of guests) {
    expect([await ended, said.err]).toEqual([[0, null], ""]);
    expect(said.out).toContain("The run has finished: 1 round played.");
  }
  await server.stop();
  const records = readRecords(societyConfig({ runsFolder, run: "shared" }));
  const solvers = records.flatMap((record) =>
    record.type === "question.settled" ? record.dossier.solutions.map(({ author }) => author) : [],
  );
  expect(new Set(solvers)).toEqual(new Set(["heron", "mole", "otter", "wren"]));
});
