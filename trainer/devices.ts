/** The GPUs of this machine, as CUDA_VISIBLE_DEVICES names them. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const TIMEOUT_MILLISECONDS = 10_000;

/** What `nvidia-smi -L` lists; where a card is cut into MIG instances, these instead of the card. */
export const parseDevices = (listing: string): string[] => {
  const found = [...listing.matchAll(/^\s*(GPU|MIG) .*\(UUID: ([\w-]+)\)/gm)];
  const cut = (index: number): boolean => found[index]?.[1] === "GPU" && found[index + 1]?.[1] === "MIG";
  return found.flatMap(([, , uuid = ""], index) => (cut(index) ? [] : uuid));
};

/** CUDA_VISIBLE_DEVICES where the user has set it, else every card; none without a driver. */
export const detectDevices = async (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string[]> => {
  const given = environment.CUDA_VISIBLE_DEVICES;
  if (given !== undefined) return given.split(",").filter((device) => device !== "" && device !== "-1");
  try {
    const { stdout } = await run("nvidia-smi", ["-L"], { timeout: TIMEOUT_MILLISECONDS });
    return parseDevices(stdout);
  } catch {
    return [];
  }
};
