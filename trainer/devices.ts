/** Lists the GPUs of this machine by their names for CUDA_VISIBLE_DEVICES. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const TIMEOUT_MILLISECONDS = 10_000;

/** Parses the list of `nvidia-smi -L`; a GPU with MIG instances is replaced by its instances. */
export const parseDevices = (listing: string): string[] => {
  const found = [...listing.matchAll(/^\s*(GPU|MIG) .*\(UUID: ([\w-]+)\)/gm)];
  const cut = (index: number): boolean => found[index]?.[1] === "GPU" && found[index + 1]?.[1] === "MIG";
  return found.flatMap(([, , uuid = ""], index) => (cut(index) ? [] : uuid));
};

/** The devices in CUDA_VISIBLE_DEVICES if it is set, else all GPUs; none without a driver. */
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

/** Memory of each GPU, by its number [bytes]; none without a driver. */
export const detectMemory = async (): Promise<number[]> => {
  const query = ["--query-gpu=memory.total", "--format=csv,noheader,nounits"];
  try {
    const { stdout } = await run("nvidia-smi", query, { timeout: TIMEOUT_MILLISECONDS });
    return parseMemory(stdout);
  } catch {
    return [];
  }
};

/** Parses one number for each GPU [MiB]. */
export const parseMemory = (listing: string): number[] =>
  [...listing.matchAll(/^\s*(\d+)\s*$/gm)].map(([, size]) => Number(size) * 1024 ** 2);
