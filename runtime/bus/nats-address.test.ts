/** Addresses of NATS servers: what is read from them, and what nobody sees of those that cannot be read. */
import { expect, test } from "vitest";
import { loadConfig } from "../config/config.ts";
import { addressesOf, shownServers } from "./nats-address.ts";

test.each([
  ["nats://127.0.0.1:99999", "nats://127.0.0.1:99999"],
  ["nats://me:hidden@127.0.0.1:99999", "nats://127.0.0.1:99999"],
  ["tls://hidden@host:70000", "tls://host:70000"],
  ["nats://me:hid/den@host:99999", "nats://host:99999"],
  ["nats://me:hid@den@host:99999", "nats://host:99999"],
  ["nats://me:hid,den@host:4222", "nats://host:4222"],
  ["nats://50%:hidden@host:4222", "nats://host:4222"],
  ["nats://a:hidden@one:99999,nats://b:hidden@two:4222", "nats://one:99999,nats://two:4222"],
  ["host:99999", "host:99999"],
])("%s is refused as %s, in a configuration too", (servers, shown) => {
  const error = {
    problem: `${shown} is no address of a NATS server`,
    expected: "a URL such as nats://127.0.0.1:4222, with a port up to 65535",
    fix: "correct it (key nats, --nats or NATS_URL); in a name or a password write @ as %40, / as %2F, % as %25",
  };
  for (const read of [addressesOf, (given: string) => shownServers({ servers: given })])
    expect(() => read(servers)).toThrow(expect.objectContaining({ code: "AGORA_BUS_ADDRESS", ...error }));
  const configured = () => loadConfig({ env: { NATS_URL: servers }, checkpoints: [] });
  expect(configured).toThrow(expect.objectContaining({ key: "nats", problems: [{ key: "nats", ...error }] }));
});

test("servers of a cluster are read one by one", () => {
  expect(addressesOf("nats://me:secret@one:4222,tls://word@two,three:4222")).toEqual([
    { server: "nats://one:4222", isSecret: false, credentials: { user: "me", pass: "secret" } },
    { server: "tls://two", isSecret: true, credentials: { token: "word" } },
    { server: "nats://three:4222", isSecret: false, credentials: {} },
  ]);
});
