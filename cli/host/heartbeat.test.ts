import { expect, onTestFinished, test } from "vitest";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import { Terms } from "../../runtime/wire/terms.ts";
import { createWire } from "../../runtime/wire/wire.ts";
import { Heartbeat } from "./heartbeat.ts";

const watching = (terms: Terms) => {
  const bus = createMemoryBus();
  const wire = createWire({ bus, run: "r", terms });
  const gone: string[] = [];
  const standingOf = () => ({ answered: 0, refusals: 0 });
  new Heartbeat({ wire, agents: ["bee"], every: 2, standingOf, terms, onGone: (why) => gone.push(why) });
  onTestFinished(async () => {
    wire.close();
    await bus.close();
  });
  const hostPulses = async (term: number, life: string) => {
    const host = createWire({ bus, run: "r", terms: new Terms({ own: term }) });
    host.send({ type: "agent.pulsed", agent: "attendance", life, every: 2 }, "attendance");
    await new Promise((resolve) => setTimeout(resolve, 5));
    host.close();
  };
  return { gone, hostPulses };
};

test("a host that was replaced before its first sign of life was heard has started again", async () => {
  const terms = new Terms();
  terms.raise(7);
  const { gone, hostPulses } = watching(terms);
  await hostPulses(8, "second");
  expect(gone).toEqual(["the host has started again"]);
});

test("signs of life of the host that was entered, and of one before it, are no news", async () => {
  const terms = new Terms();
  terms.raise(7);
  const { gone, hostPulses } = watching(terms);
  await hostPulses(7, "first");
  await hostPulses(6, "earlier");
  await hostPulses(7, "first");
  expect(gone).toEqual([]);
});
