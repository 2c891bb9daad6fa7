/** Messages that are heard together have the effect that they have one after another. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnyStateMachine, InputFrom } from "xstate";
import type { Draft, Message, Strategy } from "../runtime/messages.ts";
import { eventOf } from "./heard.ts";
import { historianMachine } from "./historian.ts";
import { askedIn, drive, group, said, settings, settledOf, solutionOf, typesOf } from "./machines.fixture.ts";
import { modelMachine } from "./model.ts";
import { questionMachine } from "./question.ts";

type Messages = readonly [Message, ...Message[]];

const seen = <M extends AnyStateMachine>(machine: M, input: InputFrom<M>, before: readonly Message[]) => {
  const start = drive(machine, input).send(...(before as never[]));
  return (events: readonly unknown[]) => {
    const after = start.send(...(events as never[]));
    const { value, context } = after.state as { readonly value: unknown; readonly context: unknown };
    return { value, context, drafts: after.drafts };
  };
};

const questions = fc.constantFrom("q", "r", "s");
const members = fc.constantFrom(...group, "stranger");
const rows = <M extends Message>(message: fc.Arbitrary<M>): fc.Arbitrary<Messages> =>
  fc.array(message, { minLength: 1, maxLength: 6 }) as unknown as fc.Arbitrary<Messages>;

const posed = questions.map((question) =>
  said("question.posed", {
    ...{ question, round: 0, author: "bee", adapter: 0, difficulty: 1, text: "2+2", group: [...group] },
  }),
);
const offered = fc.tuple(questions, members).map(([question, author]) =>
  said("solution.offered", {
    ...{ question, text: "2+2", ...askedIn(group, author) },
    offered: solutionOf(author, { solutionId: `${question}/${author}` }),
  }),
);
const verdict = fc
  .tuple(questions, members, members, fc.constantFrom("accept", "refuse", "abstain"))
  .map(([question, author, verifier, given]) =>
    said("verdict.given", {
      question,
      verdicts: [{ solutionId: `${question}/${author}`, verifier, adapter: 0, verdict: given, text: "" }],
    }),
  );
const remarked = questions.map((question) => said("remark.made", { question, kind: "note", text: "hm" }));
const exemplar = (author: string) => ({
  ...{ question: "old", text: "1+1", solution: "2", explanation: "", author, quality: 0.5, mu: 25 },
});
const history = members.map((author) => said("history.updated", { exemplars: [exemplar(author)] }));
const ended = questions.map((question) => settledOf(question, ["ant"]));
const elected = fc
  .tuple(questions, members)
  .map(([question, author]) => said("winner.elected", { question, text: "2+2", winner: solutionOf(author) }));

describe("a model", () => {
  const input = { name: "ant", settings, adapter: 0, exemplars: [] };
  const before = fc.sample(fc.oneof(posed, offered, remarked), { numRuns: 8, seed: 1 });

  test("has the same work under way, says the same and is in the same states", () => {
    const heard = fc.oneof(
      ...[rows(posed), rows(offered), rows(verdict)],
      ...[rows(remarked), rows(history), rows(elected)],
    );
    const model = seen(modelMachine, input, before);
    fc.assert(
      fc.property(heard, (messages) => {
        expect(model([eventOf(messages)])).toEqual(model(messages));
      }),
    );
  });

  test("drops the work of all questions that have ended", () => {
    const model = seen(modelMachine, { ...input, settings: { ...settings, absentAfter: 0 } }, before);
    fc.assert(
      fc.property(rows(ended), (messages) => {
        const [together, apart] = [model([eventOf(messages)]), model(messages)];
        const sorted = (drafts: readonly Draft[]) => drafts.map((draft) => JSON.stringify(draft)).toSorted();
        expect({ ...together, drafts: sorted(together.drafts) }).toEqual({
          ...apart,
          drafts: sorted(apart.drafts),
        });
      }),
    );
  });
});

describe("a question", () => {
  const input = {
    ...{ question: "q", round: 0, author: "ant", adapter: 0, difficulty: 1, text: "2+2", openedAt: 0 },
    ...{ group, settings, paces: {} },
  };
  const ofQuestion = { ...input, settings: { ...settings, auditShare: 0 } };

  test("has heard the same", () => {
    const own = <M extends Message & { readonly question: string }>(message: fc.Arbitrary<M>) =>
      rows(message.map((each) => ({ ...each, question: "q" })));
    const question = seen(questionMachine, ofQuestion, []);
    fc.assert(
      fc.property(own(offered), own(verdict), (offers, verdicts) => {
        const [together, apart] = [
          question([eventOf(offers), eventOf(verdicts)]),
          question([...offers, ...verdicts]),
        ].map(({ context, drafts }) => ({
          dossier: (context as { readonly dossier: unknown }).dossier,
          said: typesOf(drafts),
        }));
        expect(together).toEqual(apart);
      }),
    );
  });
});

describe("the historian", () => {
  const strategy = fc.constantFrom<Strategy>("explore", "elite", "fresh");
  const changed = strategy.map((after) =>
    said("strategy.changed", { round: 0, before: "explore", after, cause: "" }),
  );

  test("keeps the same history", () => {
    const heard = fc.oneof(rows(ended), rows(changed));
    const historian = seen(historianMachine, { settings, records: [] }, [settledOf("old", ["bee"])]);
    fc.assert(
      fc.property(heard, (messages) => {
        const [together, apart] = [historian([eventOf(messages)]), historian(messages)];
        expect([together.value, together.context]).toEqual([apart.value, apart.context]);
        expect(together.drafts.at(-1)).toEqual(apart.drafts.at(-1));
      }),
    );
  });
});
