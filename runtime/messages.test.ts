import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryMessage, arbitraryMessageOf, messageTypes, settled } from "./messages.fixture.ts";
import { durableKey, type Message, MessageError, messageTopicId, parseMessage, topicOf } from "./messages.ts";
import { createCodec } from "./wire/codec.ts";

const codec = createCodec();

describe("the wire vocabulary", () => {
  test.each(messageTypes)("%s is unchanged after MessagePack and after JSON", (type) => {
    fc.assert(
      fc.property(arbitraryMessageOf(type), (message) => {
        expect(parseMessage(codec.decode(codec.encode(message)))).toEqual(message);
        expect(parseMessage(JSON.parse(JSON.stringify(message)))).toEqual(message);
      }),
      { numRuns: 40 },
    );
  });

  test("every topic has three tokens for any id", () => {
    fc.assert(
      fc.property(arbitraryMessage, (message) => {
        const tokens = topicOf(message).split(".");
        expect(tokens).toHaveLength(3);
        expect(tokens.slice(0, 2).join(".")).toBe(message.type);
        expect(tokens[2]).toMatch(/^[^\s*>]+$/);
      }),
    );
  });

  test("random values are refused with a MessageError", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => parseMessage(value)).toThrow(MessageError);
      }),
    );
  });

  test("a message without a required field is refused, and the error names the field", () => {
    fc.assert(
      fc.property(arbitraryMessage, fc.nat(), (message, choice) => {
        const fields = Object.keys(message).filter((field) => field !== "type");
        const field = fields[choice % fields.length] ?? "from";
        const { [field]: _, ...rest } = message as Record<string, unknown>;
        const outcome = ((): unknown => {
          try {
            return parseMessage(rest);
          } catch (cause) {
            return cause;
          }
        })();
        // `machine` and the optional fields are not required.
        if (outcome instanceof Error) expect(outcome.message).toContain(field);
        else expect(outcome).toEqual(rest);
      }),
    );
  });

  test.each(["toString", "__proto__", "constructor", "question.asked", 7, undefined])(
    "the type %j is unknown",
    (type) => {
      expect(() => parseMessage({ type, from: "a", at: 1 })).toThrow("unknown message type");
    },
  );

  test("a durable key identifies an event that is recorded once", () => {
    expect(durableKey(settled("q1"))).toBe("question:q1");
    expect(messageTopicId(settled("q1"))).toBe("q1");
    const voided: Message = {
      ...{
        type: "question.voided",
        question: "q1",
        round: 1,
        author: "ada",
        adapter: 0,
        text: "",
        reason: "",
      },
      ...{ from: "ada", at: 1 },
    };
    expect(durableKey(voided)).toBe("question:q1");
  });
});
