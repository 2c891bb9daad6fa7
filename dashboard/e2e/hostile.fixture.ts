/** A run whose models, questions and answers try to break out of the page. */
import type { Page } from "playwright-core";
import { Journal } from "../../runtime/journal/journal.ts";
import { type Draft, type Message, parseMessage } from "../../runtime/messages.ts";

export const markup = [
  `<script>globalThis.pwned = "script"</script>`,
  `<img src=x onerror="globalThis.pwned = 'image'">`,
  `<svg onload="globalThis.pwned = 'svg'"><style>*{display:none}</style></svg>`,
  `</bdi></main></script><h1>Hello</h1><iframe srcdoc="<script>parent.pwned=1</script>"></iframe>`,
  `<a href="javascript:globalThis.pwned=1">click</a> [click](javascript:globalThis.pwned=2)`,
  `![picture](http://elsewhere.example/pixel.png) \${globalThis.pwned = 3} {{constructor.constructor('pwned=1')()}}`,
];
const formulas = [
  String.raw`\(\href{javascript:globalThis.pwned=4}{x}\)`,
  String.raw`$\htmlClass{top}{y}$ $\htmlStyle{position: fixed; inset: 0}{z}$ $\htmlData{view=x}{w}$`,
  String.raw`\[\includegraphics[height=9em]{http://elsewhere.example/a.png}\] $\url{http://elsewhere.example}$`,
  String.raw`$\def\a{\a\a}\a$ \(${"{".repeat(900)}x${"}".repeat(900)}\) $\unknown{<b>}$`,
  String.raw`$\rule{99999em}{99999em}$ $\kern{99999em}x$ \(\color{red;background:url(http://elsewhere.example)}{c}\)`,
];
export const unseen = "pay\u202Egnp.exe \u2066hidden\u2069 zero\u200Bwidth \u0000 \u0007";
const hostile = [...markup, ...formulas, unseen].join("\n");
export const name = `<i onmouseover="globalThis.pwned=5">eve</i>`;

const author = { author: name, adapter: 1 };
const solution = (id: string) => ({
  ...{ solutionId: id, ...author, text: hostile, answer: markup[0] ?? "", examples: hostile },
  exemplars: ["<b>q0</b>"],
});
export const id = `q1"><script>globalThis.pwned=6</script>`;

const dossier = {
  ...{
    question: id,
    round: 1,
    ...author,
    difficulty: 2,
    text: hostile,
    group: [name, "bob"],
    openedAt: 1000,
  },
  solutions: [solution("s1"), solution("s2")],
  withheld: [{ author: name, cause: hostile }],
  verdicts: [{ solutionId: "s1", verifier: name, adapter: 0, verdict: "accept" as const, text: hostile }],
  verified: ["s1", "s2"],
  remarks: [
    { author: name, solutionId: "s1", kind: name, text: hostile },
    { author: name, kind: "doubt", text: hostile, late: true },
  ],
  ballots: [{ pair: `${id}:s1|s2`, voter: name, adapter: 0, choice: "s1", shownFirst: "s2", text: hostile }],
  duels: [{ first: "s1", second: "s2", outcome: "first" as const }],
  winner: "s1",
  explanation: { solutionId: "s1", ...author, text: hostile },
};

/** A machine definition with markup in its ids. */
const machine = {
  id: name,
  initial: name,
  states: { [name]: { on: { [`${markup[1]}`]: { target: "b" } } }, b: { type: "final" } },
};

const drafts: readonly Draft[] = [
  { type: "agent.joined", agent: name, kind: name, machine, model: name, member: true },
  {
    type: "round.opened",
    round: 1,
    attempt: 0,
    generator: name,
    difficulty: 2,
    count: 1,
    strategy: "explore",
  },
  {
    ...{ type: "question.settled", dossier, ratings: { [name]: { mu: 25, sigma: 8 } } },
    admissions: [{ solutionId: "s1", author: name, admitted: true, reason: "verified and above the mean" }],
  },
  { type: "question.voided", question: "q2", round: 1, ...author, text: hostile, reason: hostile },
  {
    ...{ type: "history.updated" },
    exemplars: [
      {
        question: id,
        text: hostile,
        solution: hostile,
        explanation: hostile,
        author: name,
        quality: 0.5,
        mu: 25,
      },
    ],
  },
  {
    ...{ type: "round.closed", round: 1, settled: 1, voided: 1, solutions: 2, verified: 2, admitted: 1 },
    ...{ passRate: 1, target: 0.5, difficulty: 2, nextDifficulty: 2, surprise: 0, strategy: "explore" },
  },
  { type: "strategy.changed", round: 1, before: "explore", after: "elite", cause: hostile },
  {
    ...{ type: "training.requested", job: `${name}@v1`, model: name, generation: 1 },
    ...{ previous: 0, version: 1, samples: ["s1"] },
  },
  {
    ...{ type: "adapter.rejected", job: `${name}@v1`, model: name, version: 1 },
    ...{ before: 0.5, after: 0.4, cause: hostile },
  },
  {
    ...{ type: "call.metered", model: name, role: name, calls: 1, promptTokens: 5, completionTokens: 5 },
    ...{ seconds: 1, outcome: "done" },
  },
  { type: "run.finished", rounds: 1, reason: hostile.slice(0, 900) },
];

/** Writes the journal of a run that has ended. */
export const writeHostileRun = (folder: string): void => {
  const journal = Journal.create(
    folder,
    JSON.stringify({ run: "hostile", models: [{ name: "bob", model: "bob" }] }),
  );
  const sealed = drafts.map(
    (draft, index): Message => parseMessage({ ...draft, from: name, at: Date.now() + index }),
  );
  journal.append(sealed);
  journal.close();
};

/** Elements and attributes in the page's root that could run script, load a resource or leave the page. */
export const waysOut = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const forbidden =
      "script, iframe, object, embed, img, style, base, form[action], link, meta, h1:not(.asked, .unseen)";
    const root = document.getElementById("root");
    const elements = [...(root?.querySelectorAll("*") ?? [])];
    return [
      ...[...(root?.querySelectorAll(forbidden) ?? [])].map((element) => element.outerHTML.slice(0, 80)),
      ...elements.flatMap((element) =>
        [...element.attributes]
          .filter(
            ({ name, value }) =>
              /^on/i.test(name) || (name !== "xmlns" && /^\s*(javascript|data|https?):/i.test(value)),
          )
          .map(({ name, value }) => `${name}=${value}`),
      ),
      ...("pwned" in globalThis ? ["a model's script has run"] : []),
    ];
  });

/** Addresses of the page. */
export const views = [
  "society",
  "questions",
  `questions/${encodeURIComponent(id)}`,
  "questions/q2",
  "growth",
  "training",
];
