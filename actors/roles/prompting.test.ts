import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadPack } from "../../prompts/pack.ts";
import { loadConfig, type ModelConfig } from "../../runtime/config/config.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import { scriptedModel } from "../../runtime/model/scripted.ts";
import type { Tools } from "../agent.ts";
import { ServedModel } from "../serving/served-model.ts";
import { askModel, askOnce } from "./ask.ts";
import { asModel, ContextOverflow, chatFor, overflowOf, samplingFor } from "./prompting.ts";

const packs = join(import.meta.dirname, "../../prompts");
const english = loadPack(join(packs, "english"));
const pocket = loadPack(join(packs, "pocket"));
const question = "Ann has 3 apples and buys 4 more. How many?";
const variables = { question, solution: "\\boxed{7}" };

/** Tools of the agent `ant`, with its model's declared capabilities and a scripted model. */
const toolsWith = (
  declared: Partial<ModelConfig>,
  reply: (call: ModelCall) => string | { text: string; finish: "stop" | "length" } = () => "",
): Tools => {
  const models = ["ant", "bee"].map((name) => ({ name, model: name, endpoint: "http://127.0.0.1:9/v1" }));
  const [first, second] = models;
  const config = loadConfig({
    env: {},
    overrides: {
      preset: "paper",
      models: [{ ...first, ...declared } as (typeof models)[0], second as (typeof models)[0]],
    },
  });
  const served = new ServedModel(scriptedModel({ name: "ant", script: { "*": reply } }), "runs/none");
  const tools = {
    name: "ant",
    config,
    pack: english,
    packOf: (name: string) => (name === "bee" ? pocket : english),
  };
  return { ...tools, models: new Map([["ant", served]]) } as unknown as Tools;
};

describe("the prompt", () => {
  test("is one user message for a model without a system role", () => {
    const { system, user } = chatFor(toolsWith({}), "verifier", variables);
    expect(system).toMatch(/^You judge/);
    expect(chatFor(toolsWith({ systemRole: false }), "verifier", variables)).toEqual({
      system: undefined,
      user: `${system}\n\n${user}`,
    });
  });

  test("is in the model's own pack", () => {
    expect(chatFor(asModel(toolsWith({}), "bee"), "verifier", variables)).toEqual({
      system: undefined,
      user: `check \\boxed{7}\n${question}?`,
    });
  });
});

describe("sampling", () => {
  test("prefers the model's settings, then the pack's, then the run's", () => {
    expect(samplingFor(toolsWith({}), "generator")).toMatchObject({
      temperature: 1,
      topP: 0.98,
      maxTokens: 768,
    });
    expect(samplingFor(toolsWith({}), "solver")).toMatchObject({
      temperature: 0.6,
      topP: 0.95,
      maxTokens: 2048,
    });
    const own = toolsWith({
      temperature: 0.2,
      topP: { verifier: 0.5 },
      maxTokens: { solver: 99 },
      maxTokensFactor: 2,
    });
    expect(samplingFor(own, "generator")).toMatchObject({ temperature: 0.2, topP: 0.98, maxTokens: 1536 });
    expect(samplingFor(own, "verifier")).toMatchObject({ temperature: 0.2, topP: 0.5, maxTokens: 4096 });
    expect(samplingFor(own, "solver")).toMatchObject({ maxTokens: 99, topP: 0.95 });
  });
});

describe("the context", () => {
  test("is unlimited if its length is unknown", () => {
    expect(
      overflowOf(toolsWith({}), "verifier", { ...variables, solution: "x".repeat(100_000) }),
    ).toBeUndefined();
  });

  test("holds prompt and reply", () => {
    expect(overflowOf(toolsWith({ contextLength: 8192 }), "verifier", variables)).toBeUndefined();
    const tight = overflowOf(toolsWith({ contextLength: 2200 }), "verifier", variables);
    expect(tight).toBeInstanceOf(ContextOverflow);
    expect(tight?.message).toMatch(
      /verifier prompt for ant takes about \d+ tokens and its reply up to 2048, but its contextLength is 2200\. Fix: raise contextLength of ant/,
    );
    expect(
      overflowOf(toolsWith({ contextLength: 2200, maxTokens: 1000 }), "verifier", variables),
    ).toBeUndefined();
  });
});

describe("asking", () => {
  const signal = new AbortController().signal;
  const asked = { prompt: "verifier", variables, id: "v", attempt: 0 } as const;

  test("returns the reply without thinking", async () => {
    const thinking = toolsWith({ thinking: "on" }, () => "<think>hm</think>\nFine.\nVerdict: correct");
    expect((await askOnce(thinking, asked, signal)).text).toBe("Fine.\nVerdict: correct");
    const calls: ModelCall[] = [];
    const structured = toolsWith({ structured: true }, (call) => {
      calls.push(call);
      return '{"examination": "Fine.", "verdict": "correct"}';
    });
    expect((await askOnce(structured, asked, signal)).text).toBe("Fine.\nVerdict: correct");
    expect(calls[0]).toMatchObject({ schema: { name: "verifier" }, role: "verifier" });
    const free = { prompt: "solver", variables: { question, examples: "" }, id: "s", attempt: 0 } as const;
    await askOnce(structured, free, signal);
    expect(calls[1]).toBeDefined();
    expect(calls[1]?.schema).toBeUndefined();
  });

  test("hurries what feeds all models, and later phases only where rounds overlap", async () => {
    const urgencyOf = async (overlap: number, prompt: "generator" | "verifier" | "explainer") => {
      const calls: ModelCall[] = [];
      const tools = toolsWith({}, (call) => {
        calls.push(call);
        return "Fine.";
      });
      const given = { generator: { difficulty: "1" }, verifier: variables, explainer: variables }[prompt];
      const config = { ...tools.config, overlap };
      await askModel({ ...tools, config }, { ...asked, prompt, variables: given }, signal);
      return calls[0]?.urgency ?? Number.NaN;
    };
    for (const overlap of [0, 0.5]) {
      const [posing, checking, explaining] = await Promise.all([
        ...[urgencyOf(overlap, "generator"), urgencyOf(overlap, "verifier")],
        urgencyOf(overlap, "explainer"),
      ]);
      expect(posing).toBeGreaterThan(Math.max(checking ?? 0, explaining ?? 0));
      expect(Math.sign((explaining ?? 0) - (checking ?? 0))).toBe(overlap > 0 ? 1 : -1);
    }
  });

  test("rejects a reply that was cut off", async () => {
    const cut = toolsWith({}, () => ({ text: "So far.\nVerdict: correct", finish: "length" }));
    await expect(askOnce(cut, asked, signal)).rejects.toThrow(
      /verifier reply was cut off after 2048 tokens. Fix: raise maxTokens/,
    );
    expect((await askModel(cut, asked, signal)).texts).toEqual([undefined]);
  });

  test("does not send a prompt that does not fit", async () => {
    const small = toolsWith({ contextLength: 500 }, () => {
      throw new Error("was asked");
    });
    await expect(askOnce(small, asked, signal)).rejects.toThrow(/contextLength is 500/);
  });
});
