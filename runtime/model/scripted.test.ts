import { describe, expect, test } from "vitest";
import { describeModel, never, plainCall } from "./model.conformance.ts";
import { scriptedModel } from "./scripted.ts";

describeModel("the scripted model", async (replies, onUsage) => {
  const model = scriptedModel({ name: "ant", script: { "*": replies }, onUsage });
  return { model, aborts: () => model.aborts, adapters: () => model.adapters, close: async () => {} };
});

describe("a script", () => {
  test("has replies for each role", async () => {
    const model = scriptedModel({ name: "ant", script: { solver: ["ans 6"], "*": ["yes", "no"] } });
    const ask = async (role: string) => (await model.complete({ ...plainCall, role }, never)).texts[0];
    expect([await ask("verifier"), await ask("solver"), await ask("voter")]).toEqual(["yes", "ans 6", "no"]);
    expect(model.calls).toBe(3);
  });

  test("may be a function of the call", async () => {
    const model = scriptedModel({ name: "ant", script: { solver: ({ prompt }) => `about ${prompt}` } });
    expect((await model.complete({ ...plainCall, n: 2 }, never)).texts).toEqual(["about 7*8?", "about 7*8?"]);
  });

  test("without replies left throws an error that names the role and the prompt", async () => {
    const model = scriptedModel({ name: "ant", script: { solver: ["once"] } });
    await model.complete(plainCall, never);
    const failure = model.complete(plainCall, never);
    await expect(failure).rejects.toMatchObject({ code: "model.script" });
    await expect(failure).rejects.toThrow(/has no reply left after 1; role "solver", prompt "7\*8\?"/);
    const unknown = model.complete({ ...plainCall, role: "voter" }, never);
    await expect(unknown).rejects.toThrow(/no such role; role "voter"/);
  });

  test("can delay a reply, and the delay can be aborted", async () => {
    const model = scriptedModel({ name: "ant", script: { solver: [{ text: "late", delaySeconds: 600 }] } });
    const controller = new AbortController();
    const call = model.complete(plainCall, controller.signal);
    controller.abort("enough");
    await expect(call).rejects.toBe("enough");
    expect(model.aborts).toBe(1);
  });
});
