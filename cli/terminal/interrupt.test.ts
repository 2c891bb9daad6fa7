import { afterEach, expect, test, vi } from "vitest";
import { type Interrupt, onInterrupt } from "./interrupt.ts";

let interrupt: Interrupt;
afterEach(() => interrupt.release());

/** Only our listeners hear it. */
const send = (name: NodeJS.Signals) => process.emit(name, name);
const exitMock = () => vi.spyOn(process, "exit").mockImplementation((() => {}) as () => never);

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("the first %s aborts and calls back once", (name) => {
  const exit = exitMock();
  const onFirst = vi.fn();
  interrupt = onInterrupt(onFirst);
  expect(interrupt.signal.aborted).toBe(false);
  send(name);
  expect(interrupt.signal.aborted).toBe(true);
  expect(onFirst).toHaveBeenCalledTimes(1);
  expect(exit).not.toHaveBeenCalled();
});

test("a second Ctrl-C exits immediately, a second SIGHUP does not", () => {
  const exit = exitMock();
  interrupt = onInterrupt();
  send("SIGHUP");
  send("SIGHUP");
  expect(exit).not.toHaveBeenCalled();
  send("SIGINT");
  expect(exit).toHaveBeenCalledWith(130);
});

test("a released interrupt does not listen", () => {
  const before = process.listenerCount("SIGHUP");
  interrupt = onInterrupt();
  expect(process.listenerCount("SIGHUP")).toBe(before + 1);
  interrupt.release();
  expect(process.listenerCount("SIGHUP")).toBe(before);
});
