import { expect, test } from "vitest";
import { silentIn } from "./folds/silence.ts";
import { askedIn, drive, group, said, settings, solutionOf } from "./machines.fixture.ts";
import { questionMachine } from "./question.ts";
import { listened, silentAfter } from "./question-facts.ts";

const posed = {
  ...{ question: "q", round: 0, author: "ant", adapter: 0, difficulty: 1, text: "2+2", openedAt: 0 },
  ...{ group: [...group], settings, paces: {} },
};
const offered = (author: string) =>
  said("solution.offered", {
    question: "q",
    text: "2+2",
    ...askedIn(group, author),
    offered: solutionOf(author),
  });
const contextOf = (...authors: string[]) =>
  drive(questionMachine, posed).send(...authors.map(offered)).state.context;

test("what a message changes is found once, and anew for another context or another message", () => {
  const [empty, begun] = [contextOf(), contextOf("ant")];
  const message = offered("bee");
  const found = listened(empty, message);
  expect(listened(empty, message)).toBe(found);
  expect(found.dossier.solutions.map(({ author }) => author)).toEqual(["bee"]);
  expect(listened(begun, message).dossier.solutions.map(({ author }) => author)).toEqual(["ant", "bee"]);
  expect(listened(empty, message)).toEqual(found);
  expect(listened(empty, offered("cat")).dossier.solutions.map(({ author }) => author)).toEqual(["cat"]);
});

test("who is silent depends on the dossier and on what is asked, whatever was asked before", () => {
  const context = contextOf("ant");
  const before = silentIn(context.dossier, "solve");
  expect(before).toEqual(["bee", "cat"]);
  expect(silentAfter(context, offered("bee"), "solve")).toEqual(["cat"]);
  expect(silentIn(context.dossier, "verify")).toEqual(["bee", "cat"]);
  expect(silentIn(context.dossier, "vote")).toEqual([]);
  expect(silentIn(context.dossier, "solve")).toEqual(before);
});
