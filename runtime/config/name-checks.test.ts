import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ConfigInput, loadConfig } from "./config.ts";
import { distinctNames, permittedNames } from "./name-checks.ts";

const group = (...names: string[]) => ({
  run: "r",
  models: names.map((name) => ({ ...base, name })),
});
const endpoint = "http://127.0.0.1:8000/v1";
const { models } = loadConfig({
  ...{ env: {}, checkpoints: [] },
  overrides: {
    preset: "paper",
    models: ["a", "b"].map((name) => ({ name, model: name, endpoint, adapters: true })),
  },
});
const [base] = models as [(typeof models)[number]];

describe("names", () => {
  test.each(["__proto__", "constructor", "toString", "TOSTRING", "hasOwnProperty"])(
    "%s is refused",
    (name) => {
      const found = [
        ...permittedNames(group("ant", name)),
        ...permittedNames({ ...group("ant"), run: name }),
      ];
      expect(found.map(({ key }) => key)).toEqual(["models[1].name", "run"]);
    },
  );

  test.each(["supervisor", "Trainer", "referee", "historian", "anchor", "questions"])(
    "%s is refused for a member and allowed for a run",
    (name) => {
      expect(permittedNames(group(name))).toMatchObject([
        { problem: `"${name}" is the name of a part of every run` },
      ]);
      expect(permittedNames({ ...group("ant"), run: name })).toEqual([]);
    },
  );

  test.each(["con", "NUL", "com1"])("%s is refused, because no folder can have it everywhere", (name) => {
    expect(permittedNames(group(name))).toHaveLength(1);
  });

  test("that differ only in case are refused, as equal ones are", () => {
    expect(distinctNames(group("ant", "Ant"))).toMatchObject([
      { key: "models[1].name", problem: '"Ant" differs only in case from the name of models[0]' },
    ]);
    expect(distinctNames(group("ant", "bee", "ant"))).toMatchObject([{ key: "models[2].name" }]);
  });

  test("that a fix proposes are allowed", () => {
    fc.assert(
      fc.property(fc.constantFrom("__proto__", "valueOf", "__defineGetter__", "nul", "trainer"), (name) => {
        const [{ fix } = { fix: "" }] = permittedNames(group(name));
        const proposed = /"(.*)"/.exec(fix)?.[1] ?? "";
        expect(proposed).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        expect(permittedNames(group(proposed))).toEqual([]);
      }),
    );
  });

  test("are checked where a configuration is loaded", () => {
    const overrides: ConfigInput = { preset: "paper", models: [{ ...base, name: "__proto__" }, base] };
    expect(() => loadConfig({ env: {}, checkpoints: [], overrides })).toThrow(/programming language/);
  });
});
