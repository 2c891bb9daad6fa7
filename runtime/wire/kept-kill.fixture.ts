/**
 * A process that dies of kill -9 at a given moment: `node kept-kill.fixture.ts <moment> <server> <folder of a run>`.
 *
 * `sent`: it has sent a durable message that nobody records yet. `arrived`: it is the recorder, and has a message that
 * it has not written. `written`: it has written it, and neither published nor acknowledged it.
 */
import { connectNatsBus } from "../bus/bus-nats.ts";
import { Journal } from "../journal/journal.ts";
import type { Message } from "../messages.ts";
import { recordDurable } from "./recorder.ts";
import { createWire } from "./wire.ts";

const [moment, server = "", folder = ""] = process.argv.slice(2);
const die = () => process.kill(process.pid, "SIGKILL");
const bus = await connectNatsBus({ servers: server });

if (moment === "sent") {
  createWire({ bus, run: "r", from: "ada" }).send({
    type: "training.failed",
    ...{ job: "j1", model: "ada", version: 1, cause: "crashed" },
  });
  await bus.flush();
  die();
} else {
  const journal = Journal.create(folder);
  const append = (messages: readonly Message[]): Message[] => {
    if (moment === "arrived") die();
    const kept = journal.append(messages);
    if (moment === "written") die();
    return kept;
  };
  const keeper = { append, find: (key: string) => journal.find(key) };
  recordDurable({ bus, run: "r", journal: keeper, onError: die });
}
