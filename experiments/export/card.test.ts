import { expect, test } from "vitest";
import { parse } from "yaml";
import { type CardFacts, cardOf } from "./card.ts";

const facts: CardFacts = {
  ...{ run: "r", task: "math", model: "ant", base: "Qwen/Qwen3-1.7B" },
  adapter: {
    ...{ version: 3, job: "ant@v3", generation: 2, previous: 1, samples: 1024, rehearsed: 0 },
    ...{ state: "published", cause: undefined, loss: 0.12345, before: 0.5, after: 0.625 },
  },
  settings: { loraRank: 16, loraTargets: "q_proj, v_proj" },
};

test("a card has the hub's front matter and what the adapter was trained on", () => {
  const card = cardOf(facts);
  const [, front = "", body = ""] = card.split(/^---$/m);
  expect(parse(front)).toEqual({
    ...{ base_model: "Qwen/Qwen3-1.7B", library_name: "peft", pipeline_tag: "text-generation" },
    tags: ["lora", "agora", "math"],
  });
  for (const text of [
    "# ant, version 3",
    "It was published",
    "| Continued from | version 1 |",
    "1024 solutions",
    "| Last loss [nats per token] | 0.1235 |",
    "| Anchor accuracy before | 50.0 % |",
    "| Anchor accuracy after | 62.5 % |",
    "| loraTargets | q_proj, v_proj |",
    'PeftModel.from_pretrained(base, ".")',
  ])
    expect(body).toContain(text);
});

test("a cause of several lines and a base with special characters break neither table nor front matter", () => {
  const adapter = {
    ...facts.adapter,
    state: "rejected" as const,
    cause: "fell\nfrom | 0.5",
    loss: undefined,
  };
  const card = cardOf({ ...facts, base: 'C:\\models: "mine" | x', adapter: { ...adapter, previous: 0 } });
  const [, front = ""] = card.split(/^---$/m);
  expect(parse(front).base_model).toBe('C:\\models: "mine" | x');
  expect(card).toContain(
    "It was rejected: the gate measured it, and the member did not use it. Cause: fell from | 0.5.",
  );
  expect(card).toContain("| Continued from | the base model |");
  expect(card).toContain('| Base | C:\\models: "mine" \\| x |');
});
