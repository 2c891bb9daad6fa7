/** Plans are drawn from their seed alone, and draw what their society can meet. */
import { describe, expect, test } from "vitest";
import { type FaultKind, faultKinds, isModelFault, isStandbyFault } from "./fault.ts";
import { groupOf, planOf, type SocietyKind } from "./plan.ts";

const count = 2_000;
const drawn = (kind: SocietyKind, seed = 1) => planOf(kind, seed, { count, first: 1 }).faults;
const kindsIn = (kind: SocietyKind): Set<FaultKind> => new Set(drawn(kind).map((fault) => fault.kind));

test("equal seeds draw equal plans, others draw others", () => {
  expect(drawn("plain")).toEqual(drawn("plain"));
  expect(drawn("plain", 2)).not.toEqual(drawn("plain"));
});

describe("a plan", () => {
  test("draws every kind of fault that its society can meet", () => {
    expect([...kindsIn("standby")].toSorted()).toEqual(faultKinds.toSorted());
    expect([...kindsIn("plain")].toSorted()).toEqual(
      faultKinds.filter((kind) => !isStandbyFault(kind)).toSorted(),
    );
    expect([...kindsIn("pocket")].some((kind) => isModelFault(kind) || isStandbyFault(kind))).toBe(false);
  });

  test("names as targets only who is there, and tampers only with what members of other processes send", () => {
    const { hosted, joined } = groupOf("standby");
    const there = [...hosted, ...joined, "host", "standby", "server", "eve"];
    const faults = drawn("standby");
    expect(faults.filter(({ target }) => !there.includes(target))).toEqual([]);
    const tampered = faults.filter(({ kind }) => kind.startsWith("messages"));
    expect(new Set(tampered.map(({ target }) => target))).toEqual(new Set(joined));
  });

  test("draws only the wanted kinds, under ids of their own", () => {
    const { faults } = planOf("plain", 3, { count: 5, first: 40, possible: ["link cut"] });
    expect(faults.map(({ id }) => id)).toEqual([40, 41, 42, 43, 44]);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(["link cut"]));
  });
});
