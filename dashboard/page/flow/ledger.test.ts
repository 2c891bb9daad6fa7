import { describe, expect, test } from "vitest";
import { families, familyOf } from "./family.ts";
import { Ledger } from "./ledger.ts";

const flow = (from: string, to: string, type: string, count: number) => ({ from, to, type, count });

describe("ledger", () => {
  test("adds up the messages between two pictures by arrow and family", () => {
    const ledger = new Ledger();
    ledger.add([flow("ant", "bee", "solution.offered", 3), flow("ant", "bee", "solution.withheld", 1)]);
    ledger.add([flow("ant", "bee", "verdict.given", 5)]);
    const arrows = ledger.advance(0.1);
    expect(arrows.map(({ family, fresh }) => [family.name, fresh])).toEqual([
      ["solve", 4],
      ["verify", 5],
    ]);
    expect(arrows[0]?.types.get("solution.withheld")).toBe(1);
    expect(ledger.total).toBe(9);
  });

  test("shows recorded flows as they are, and forgets them when live ones come or another time is shown", () => {
    const ledger = new Ledger();
    ledger.add([flow("cat", "ant", "solution.offered", 9)]);
    ledger.record([flow("ant", "bee", "verdict.given", 4)]);
    const moving = ledger.advance(0.5);
    expect(moving.map(({ from, rate, fresh }) => [from, rate, fresh])).toEqual([["ant", 4, 2]]);
    ledger.isMoving = false;
    expect(ledger.advance(0.5)[0]).toMatchObject({ rate: 4, fresh: 0 });
    ledger.add([flow("bee", "cat", "verdict.given", 1)]);
    expect(ledger.arrows.map(({ from }) => from)).toEqual(["bee"]);
    ledger.clear();
    expect(ledger.arrows).toEqual([]);
  });

  test("converges to the true rate and removes silent arrows", () => {
    const ledger = new Ledger();
    for (let picture = 0; picture < 100; picture++) {
      ledger.add([flow("ant", "bee", "verdict.given", 500)]);
      ledger.advance(0.1);
      ledger.settle();
    }
    expect(ledger.arrows[0]?.rate).toBeCloseTo(5000, -2);
    for (let picture = 0; picture < 300; picture++) ledger.advance(0.1);
    expect(ledger.arrows).toEqual([]);
  });
});

describe("families", () => {
  test("contain every known topic; unknown ones belong to the house", () => {
    expect(familyOf("adapter.published").name).toBe("learn");
    expect(familyOf("moon.rose").name).toBe("house");
  });

  test("differ in colour and in shape", () => {
    expect(new Set(families.map(({ token }) => token)).size).toBe(families.length);
    expect(new Set(families.map(({ shape }) => shape)).size).toBe(families.length);
  });
});
