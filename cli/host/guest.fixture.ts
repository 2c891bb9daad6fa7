/**
 * A guest in its own process, as `agora join`, with scripted models. Arguments: the server, the agents, a role in which
 * they never answer ("" for none, "refused" if their endpoint refuses all), and further flags as JSON. It prints
 * `asked <role>` when it hangs, and at its end `made <calls> calls`.
 */
import type { Script } from "../../runtime/model/scripted.ts";
import { joinWith } from "../commands/join.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { type ScriptedParts, scriptedParts, soundScript } from "./scripted-society.ts";

const [servers = "", agents = "", hanging = "", flags = "{}"] = process.argv.slice(2);

const refusing: Script = Object.fromEntries(
  ["generator", "solver", "verifier", "voter", "explainer"].map((role) => [role, () => ({ fail: 401 })]),
);

const hang: Script = {
  [hanging]: () => {
    process.stdout.write(`asked ${hanging}\n`);
    return { text: "", delaySeconds: 3_600 };
  },
};

/** One for each visit. */
const visited: ScriptedParts[] = [];

try {
  await joinWith(
    servers,
    { agents, run: "test", wait: "20", ...JSON.parse(flags) },
    async (config, names) => {
      const models = config.models.filter(({ name }) => names.includes(name));
      const scripts = names.map((name, index) => [
        name,
        {
          ...soundScript(process.pid + index),
          ...(hanging === "refused" ? refusing : hanging === "" ? {} : hang),
        },
      ]);
      const parts = scriptedParts({ ...config, models }, { scripts: Object.fromEntries(scripts) });
      visited.push(parts);
      return parts;
    },
  );
  const made = visited.flatMap(({ scripted }) => scripted).reduce((sum, { calls }) => sum + calls, 0);
  process.stdout.write(`made ${made} calls\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
