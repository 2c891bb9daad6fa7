import { expect, test } from "vitest";
import { loadPack } from "../../prompts/pack.ts";
import { PROMPT_VARIABLES } from "../../prompts/template.ts";
import { askedRoleIn } from "./asked-role.fixture.ts";
import { packFolder } from "./packs.ts";

test.each(["pocket", "english"])("the role of a prompt is found in the pack %s", (name) => {
  const pack = loadPack(packFolder(name));
  const roleOf = askedRoleIn(pack);
  for (const role of ["generator", "solver", "verifier", "voter", "explainer"] as const) {
    const { required } = PROMPT_VARIABLES[role];
    const variables = Object.fromEntries(required.map((variable) => [variable, "1+2"]));
    const { user } = pack.chat(role, variables);
    expect(roleOf({ model: "base", messages: [{ role: "user", content: user }] })).toBe(role);
  }
  const { user } = pack.chat("solver", { question: "3+4", examples: "1+2?1+2=3 ans 3\nby steps\n" });
  expect(roleOf({ model: "base", messages: [{ role: "user", content: user }] })).toBe("solver");
});
