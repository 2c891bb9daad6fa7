import { describe, expect, test } from "vitest";
import { isHeldOut } from "../../pocket/benchmarks.ts";
import { loadPack } from "../../prompts/pack.ts";
import { roleCases } from "./pocket-roles.ts";

const pack = loadPack(`${import.meta.dirname}/../../prompts/pocket`);
const cases = roleCases(pack, 20, 3);

describe("cases of the other roles", () => {
  test("are seeded, held out, and as many of each figure as asked for", () => {
    expect(roleCases(pack, 20, 3).map(({ variables }) => variables)).toEqual(
      cases.map(({ variables }) => variables),
    );
    expect(Map.groupBy(cases, ({ figure }) => figure).size).toBe(4);
    expect(cases).toHaveLength(80);
    expect(cases.every(({ variables }) => isHeldOut(variables.question ?? ""))).toBe(true);
  });

  test("distinguish good replies from bad ones", () => {
    for (const { role, figure, variables, isGood } of cases) {
      expect(isGood("nonsense")).toBe(figure.startsWith("wrong"));
      if (role === "voter") expect(isGood("first")).toBe(!isGood("second"));
      if (role === "explainer") {
        const last = variables.solution?.split(" ").at(-3);
        expect(isGood(`by steps ${last}`)).toBe(true);
        expect(isGood("by head")).toBe(false);
      }
      if (role === "verifier") expect(isGood("none")).toBe(figure.startsWith("wrong"));
    }
  });
});
