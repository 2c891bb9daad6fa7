import { expect, test } from "vitest";
import { messagesIn } from "../machines/heard.ts";
import { said } from "../machines/machines.fixture.ts";
import type { Message } from "../runtime/messages.ts";
import { Mailbox } from "./mailbox.ts";

const posed = (question: string): Message =>
  said("question.posed", {
    ...{ question, round: 0, author: "ant", adapter: 0, difficulty: 1, text: "2+2", group: [] },
  });
const withheld = (question: string): Message =>
  said("solution.withheld", { question, author: "ant", cause: "" });

const opened = () => {
  const handed: string[][] = [];
  const mailbox = new Mailbox((event) =>
    handed.push([
      event.type,
      ...messagesIn(event).map((message) => String("question" in message && message.question)),
    ]),
  );
  return { mailbox, handed };
};

test("messages of one type in a row are one event, in the order of their arrival", async () => {
  const { mailbox, handed } = opened();
  for (const message of [posed("a"), posed("b"), withheld("a"), posed("c")]) mailbox.add(message);
  expect(handed).toEqual([]);
  await Promise.resolve();
  expect(handed).toEqual([
    ["question.posed", "a", "b"],
    ["solution.withheld", "a"],
    ["question.posed", "c"],
  ]);
});

test("what arrives in another turn is another event", async () => {
  const { mailbox, handed } = opened();
  mailbox.add(posed("a"));
  await new Promise((resolve) => setImmediate(resolve));
  mailbox.add(posed("b"));
  await Promise.resolve();
  expect(handed).toEqual([
    ["question.posed", "a"],
    ["question.posed", "b"],
  ]);
});

test("a message alone is handed on as it is", async () => {
  const handed: unknown[] = [];
  const message = posed("a");
  new Mailbox((event) => handed.push(event)).add(message);
  await Promise.resolve();
  expect(handed[0]).toBe(message);
});
