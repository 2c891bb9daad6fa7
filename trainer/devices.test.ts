import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { detectDevices, parseDevices } from "./devices.ts";

const listing = `GPU 0: NVIDIA GeForce RTX 4090 (UUID: GPU-11111111-aaaa)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-22222222-bbbb)
  MIG 1g.10gb     Device  0: (UUID: MIG-33333333-cccc)
  MIG 1g.10gb     Device  1: (UUID: MIG-44444444-dddd)
GPU 2: NVIDIA GeForce RTX 4090 (UUID: GPU-55555555-eeee)
`;

describe("devices", () => {
  const folder = mkdtempSync(join(tmpdir(), "agora-devices-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => vi.unstubAllEnvs());

  const installDriver = (script: string): void => {
    writeFileSync(join(folder, "nvidia-smi"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "nvidia-smi"), 0o755);
    vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  };

  test("are the GPUs, or the MIG instances of a GPU", () => {
    expect(parseDevices(listing)).toEqual([
      ...["GPU-11111111-aaaa", "MIG-33333333-cccc", "MIG-44444444-dddd", "GPU-55555555-eeee"],
    ]);
    expect(parseDevices("No devices found.\n")).toEqual([]);
  });

  test("are listed by nvidia-smi; if it fails there are none", async () => {
    installDriver(`[ "$1" = -L ] && cat <<END\n${listing}END`);
    expect(await detectDevices({})).toHaveLength(4);
    installDriver("echo 'NVIDIA-SMI has failed' >&2; exit 9");
    expect(await detectDevices({})).toEqual([]);
  });

  test("are those in CUDA_VISIBLE_DEVICES if it is set", async () => {
    expect(await detectDevices({ CUDA_VISIBLE_DEVICES: "1,3" })).toEqual(["1", "3"]);
    expect(await detectDevices({ CUDA_VISIBLE_DEVICES: "" })).toEqual([]);
    expect(await detectDevices({ CUDA_VISIBLE_DEVICES: "-1" })).toEqual([]);
  });
});
