/** Plugs modules in, outside of the test runner: `node plug-in.fixture.ts <path>…` prints one line of JSON for each. */
import { argv } from "node:process";
import { loadConfig } from "../config/config.ts";
import { PluginError } from "./plugin-error.ts";
import { plugIn, type Socket } from "./socket.ts";

interface Clock {
  readonly name: string;
  tick(): number;
}

export const clocks: Socket<Clock> = {
  ...{ name: "clock", type: "Clock", members: { name: "string", tick: "function" } },
  known: { sundial: () => ({ name: "sundial", tick: () => 0 }) },
};

export interface Outcome {
  readonly said?: string;
  readonly ticks?: number;
  readonly message?: string;
  /** Of what went wrong inside the module. */
  readonly cause?: string;
}

const outcomeOf = async (reference: string): Promise<Outcome> => {
  try {
    const clock = await plugIn(clocks, reference, {
      key: "clock",
      config: loadConfig({ flags: ["seed=7"] }),
    });
    return { said: clock.name, ticks: clock.tick() };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    return { message: error.message, cause: error.cause instanceof Error ? error.cause.message : "" };
  }
};

if (import.meta.main)
  for (const reference of argv.slice(2))
    process.stdout.write(`${JSON.stringify(await outcomeOf(reference))}\n`);
