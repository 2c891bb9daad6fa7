/** Options that several commands share, as a configuration gets them. */
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../runtime/config/config.ts";
import { settingsOf } from "./options.ts";

const configOf = (given: { readonly data?: string; readonly nats?: string }) =>
  loadConfig({ env: {}, checkpoints: [], flags: settingsOf({ set: [], ...given }) });

test.each(["data #2", "2024", "a: b", "true", "~", "@x", "[x]", 'say "yes"', "back\\slash"])(
  "--data takes %s as it is typed",
  (data) => {
    expect(configOf({ data }).dataFolder).toBe(resolve(data));
  },
);

test.each(["@host:4222", "*host:4222", "nats://{name}@host"])("--nats takes %s as it is typed", (nats) => {
  expect(configOf({ nats }).nats).toBe(nats);
});
