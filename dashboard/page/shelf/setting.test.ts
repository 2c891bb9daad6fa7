import { expect, test } from "vitest";
import { settingText } from "./setting.ts";

test("models are told by their names, other values as JSON", () => {
  const models = [
    { name: "wren", model: "wren", endpoint: "pocket:" },
    { name: "mole", model: "mole" },
  ];
  expect(settingText(models)).toBe("wren, mole");
  expect([[], [1], "pocket", false, undefined, { name: "x" }].map(settingText)).toEqual([
    ...["[]", "[1]", '"pocket"', "false", "–", '{"name":"x"}'],
  ]);
});
