/** Starts the program as a process, as on the command line. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const program = fileURLToPath(new URL("./agora.ts", import.meta.url));

export const agora = (...given: string[]) => {
  const child = spawn(process.execPath, [program, ...given], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.err += text;
  });
  /** Resolves when the output contains the text or the process has ended. */
  const saying = async (text: string): Promise<void> => {
    while (!`${said.out}${said.err}`.includes(text) && child.exitCode === null) {
      await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), once(child, "close")]);
    }
  };
  return { child, said, saying, ended: once(child, "close") };
};

/** The output and the exit code of a process that has ended. */
export const agoraEnded = async (...given: string[]) => {
  const { ended, said } = agora(...given);
  const [code] = await ended;
  return { code, ...said };
};
