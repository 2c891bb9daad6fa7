import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Leases } from "./leases.ts";

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("leases", () => {
  test("are granted first come, first served, and immediately if a slot is free", async () => {
    const leases = new Leases(2);
    const got: string[] = [];
    for (const job of ["a", "b", "c", "d"]) {
      void leases.acquire(job, never).then((slot) => got.push(`${job}${slot}`));
    }
    await settled();
    expect(got).toEqual(["a0", "b1"]);
    leases.release("b");
    leases.release("a");
    await settled();
    expect(got).toEqual(["a0", "b1", "c1", "d0"]);
  });

  test("are released once, however often release is called", async () => {
    const leases = new Leases(1);
    expect(await leases.acquire("a", never)).toBe(0);
    leases.release("stranger");
    leases.release("a");
    leases.release("a");
    expect(await leases.acquire("b", never)).toBe(0);
    const third = leases.acquire("c", AbortSignal.abort("too late"));
    await expect(third).rejects.toBe("too late");
  });

  test("leave the queue on an abort", async () => {
    const leases = new Leases(1);
    await leases.acquire("a", never);
    const impatient = new AbortController();
    const waiting = leases.acquire("b", impatient.signal);
    impatient.abort("gone");
    await expect(waiting).rejects.toBe("gone");
    const next = leases.acquire("c", never);
    leases.release("a");
    expect(await next).toBe(0);
  });

  test("never hold a slot twice, in any order of acquiring, aborting and releasing", async () => {
    const step = fc.record({ kind: fc.constantFrom("take", "drop", "give back"), job: fc.nat({ max: 5 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const leases = new Leases(2);
        const holders = new Map<number, number>();
        const waiting = new Map<number, AbortController>();
        for (const { kind, job } of steps) {
          const isKnown = waiting.has(job) || [...holders.values()].includes(job);
          if (kind === "take" && !isKnown) {
            const controller = new AbortController();
            waiting.set(job, controller);
            const grant = (slot: number) => {
              expect(holders.has(slot)).toBe(false);
              holders.set(slot, job);
              waiting.delete(job);
            };
            void leases.acquire(`${job}`, controller.signal).then(grant, () => waiting.delete(job));
          }
          if (kind === "drop") waiting.get(job)?.abort();
          for (const [slot, holder] of holders) {
            if (kind !== "give back" || holder !== job) continue;
            holders.delete(slot);
            leases.release(`${job}`);
          }
          await settled();
          expect(waiting.size === 0 || holders.size === 2).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});

test("a job that is aborted in the moment of its grant does not keep the slot", async () => {
  const leases = new Leases(1);
  await leases.acquire("a", never);
  const controller = new AbortController();
  const aborted = leases.acquire("b", controller.signal);
  const next = leases.acquire("c", never);
  leases.release("a");
  controller.abort(new Error("rejected by the operator"));
  await expect(aborted).rejects.toThrow("rejected by the operator");
  expect(await next).toBe(0);
});
