/** Encrypted connections to a real nats-server, with certificates that openssl makes for the test. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytes, textOf } from "./bus.conformance.ts";
import { connectNatsBus } from "./bus-nats.ts";
import { type NatsServer, natsNote, skipNats, startNatsServer } from "./nats-server.fixture.ts";

const hasOpenssl = (() => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();
const note = hasOpenssl ? natsNote : " (skipped: no openssl on PATH)";
if (!hasOpenssl) console.warn("tests of TLS are skipped: openssl is not on PATH");

describe.skipIf(skipNats || !hasOpenssl)(`TLS${note}`, () => {
  let folder: string;
  let [encrypted, local, plain]: (NatsServer | undefined)[] = [];
  const certificate = (name: string): string => join(folder, `${name}.pem`);

  /** A certificate that has signed itself. */
  const sign = (name: string, subjectAltName: string): void => {
    const subject = ["-subj", "/CN=agora", "-addext", `subjectAltName=${subjectAltName}`, "-days", "2"];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const files = ["-keyout", join(folder, `${name}-key.pem`), "-out", certificate(name)];
    execFileSync("openssl", ["req", "-x509", ...key, ...subject, ...files], { stdio: "ignore" });
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "agora-tls-"));
    sign("server", "IP:127.0.0.1");
    sign("other", "DNS:localhost");
    const files = (name: string) => [
      "--tlscert",
      certificate(name),
      "--tlskey",
      join(folder, `${name}-key.pem`),
    ];
    encrypted = await startNatsServer(["--tls", ...files("server")]);
    local = await startNatsServer(["--tls", ...files("other")]);
    plain = await startNatsServer();
  });
  afterAll(async () => {
    await Promise.all([encrypted, local, plain].map((server) => server?.stop()));
    rmSync(folder, { recursive: true, force: true });
  });
  const secret = (server: NatsServer | undefined): string => `tls://127.0.0.1:${server?.port}`;

  test("a run's bus works over tls:// with the file of the authority", async () => {
    const bus = await connectNatsBus({ servers: secret(encrypted), caFile: certificate("server") });
    bus.subscribe("ask", ({ reply }) => reply?.(bytes("answer")));
    expect(textOf(await bus.request("ask", bytes(""), { timeoutMilliseconds: 5_000 }))).toBe("answer");
    await bus.close();
  });

  test.each([
    ["without the file", {}],
    ["with another authority", { ca: "other" }],
  ])("a server that no known authority has signed is refused %s", async (_, { ca }: { ca?: string }) => {
    const caFile = ca === undefined ? undefined : certificate(ca);
    const refused = connectNatsBus({ servers: secret(encrypted), caFile });
    await expect(refused).rejects.toMatchObject({ code: "AGORA_BUS_CONNECT" });
    await expect(refused).rejects.toThrow(/certificate|self-signed/);
  });

  test("a certificate for another name than that in the address is refused", async () => {
    const caFile = certificate("other");
    await expect(connectNatsBus({ servers: secret(local), caFile })).rejects.toThrow("does not match");
    const bus = await connectNatsBus({ servers: `tls://localhost:${local?.port}`, caFile });
    await bus.close();
  });

  test("with tls:// or an authority a server that does not encrypt is refused", async () => {
    for (const access of [
      { servers: secret(plain) },
      { servers: plain?.url ?? "", caFile: certificate("server") },
    ])
      await expect(connectNatsBus(access)).rejects.toMatchObject({ code: "AGORA_BUS_CONNECT" });
  });
});
