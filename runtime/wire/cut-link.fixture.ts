/** Wires of two processes, one of them behind a link that can be cut. */
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { connectNatsBus } from "../bus/bus-nats.ts";
import { Link } from "../bus/link.fixture.ts";
import { startNatsServer } from "../bus/nats-server.fixture.ts";
import { sealed } from "../messages.fixture.ts";
import type { Draft } from "../messages.ts";
import { createCodec } from "./codec.ts";
import { writeMessage } from "./reader.ts";
import { subjectOf } from "./sender.ts";
import { createWire, type Wire, type WireOptions } from "./wire.ts";

const codec = createCodec();

/** A message as it arrives: with its subject and payload. */
export const deliveryOf = (draft: Draft, at = 1, from = "ada") => {
  const letter = writeMessage(sealed(draft, from, at), codec, { isLocal: false });
  const { message, payload } = letter;
  return { letter, message, delivery: { subject: subjectOf("r", message), payload } };
};

const wireAt = async (servers: string, options: Partial<WireOptions>): Promise<Wire> => {
  const bus = await connectNatsBus({ servers });
  const wire = createWire({ bus, run: "r", ...options });
  onTestFinished(async () => {
    wire.close();
    await bus.close();
  });
  await wire.ready();
  return wire;
};

/** `ada` beside the server, and `bob` behind the link. */
export const wiresWithLink = async (ada: Partial<WireOptions>, bob: Partial<WireOptions>) => {
  const server = await startNatsServer();
  onTestFinished(() => server.stop());
  const link = await Link.open(server.port);
  onTestFinished(() => link.close());
  return {
    near: await wireAt(server.url, { from: "ada", ...ada }),
    far: await wireAt(link.url, { from: "bob", ...bob }),
    /** Says something while the link is down, and for longer than a link needs to come back. */
    cutWhile: async (say: () => void): Promise<void> => {
      link.become("cut");
      await sleep(100);
      say();
      await sleep(100);
      link.become("whole");
    },
  };
};
