import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { freePort, isFree } from "./health.ts";

const range = "/proc/sys/net/ipv4/ip_local_port_range";

test.skipIf(!existsSync(range))(
  "a free port is none that the system gives to another program that asks for any",
  async () => {
    const [lowest = 0] = readFileSync(range, "utf8").split(/\s+/).map(Number);
    const ports = await Promise.all(Array.from({ length: 50 }, freePort));
    expect(Math.max(...ports)).toBeLessThan(lowest);
  },
);

test("a port where somebody listens is not free", async () => {
  const port = await freePort();
  expect(await isFree(port)).toBe(true);
  const server = createServer().listen(port, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  expect(await isFree(port)).toBe(false);
});
