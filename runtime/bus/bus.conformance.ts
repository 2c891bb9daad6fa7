/** The tests that every implementation of the bus passes; `open` creates a new bus. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Bus, BusStatus, DeliveryHandler, KeepOptions, ReceiveOptions, Reception } from "./bus.ts";
import type { GivenLimits } from "./delivery-queue.ts";

export type BusFactory = (options?: GivenLimits) => Promise<Bus>;

const utf8 = new TextEncoder();
export const bytes = (text: string): Uint8Array => utf8.encode(text);
export const textOf = (payload: Uint8Array): string => new TextDecoder().decode(payload);

/** Polls a condition until it holds; the test's timeout is the deadline. */
export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await sleep(5);
};

const collect = (into: string[]): DeliveryHandler => {
  return ({ subject, payload }) => void into.push(`${subject}=${textOf(payload)}`);
};

const code = (expected: string) => expect.objectContaining({ code: expected });

export const describeBus = (name: string, open: BusFactory): void => {
  describe(name, () => {
    let bus: Bus;
    let statuses: BusStatus[];
    beforeEach(async () => {
      bus = await open();
      statuses = [];
      bus.onStatus((status) => statuses.push(status));
    });
    afterEach(() => bus.close());

    /** Resolves once every payload published before is handled. */
    const settle = async (): Promise<void> => {
      let seen = false;
      const { unsubscribe } = bus.subscribe("settle.mark", () => {
        seen = true;
      });
      bus.publish("settle.mark", bytes(""));
      await until(() => seen);
      unsubscribe();
    };

    test("delivers on equal subjects; * matches one token and > matches one or more", async () => {
      const heard: Record<string, string[]> = {};
      for (const pattern of ["a.b.c", "a.*.c", "a.>", "*.*.*", "a.b", "a.b.c.>", "*"]) {
        const list: string[] = [];
        heard[pattern] = list;
        bus.subscribe(pattern, collect(list));
      }
      bus.publish("a.b.c", bytes("1"));
      bus.publish("a.x.c", bytes("2"));
      bus.publish("a", bytes("3"));
      await settle();
      expect(heard).toEqual({
        "a.b.c": ["a.b.c=1"],
        "a.*.c": ["a.b.c=1", "a.x.c=2"],
        "a.>": ["a.b.c=1", "a.x.c=2"],
        "*.*.*": ["a.b.c=1", "a.x.c=2"],
        "a.b": [],
        "a.b.c.>": [],
        "*": ["a=3"],
      });
    });

    test.each(["", "a..b", "a b", "a.*", "a.>", ".a", "a.", "a\r\nPUB b 0"])(
      "refuses to publish on %j",
      (subject) => {
        expect(() => bus.publish(subject, bytes(""))).toThrow(code("AGORA_BUS_SUBJECT"));
      },
    );

    test.each(["", "a..b", "a b", "a.>.b", "a*", "a.b>"])("refuses to subscribe to %j", (pattern) => {
      expect(() => bus.subscribe(pattern, () => undefined)).toThrow(code("AGORA_BUS_SUBJECT"));
    });

    test("refuses a payload over the limit and names the limit", () => {
      const tooLarge = new Uint8Array(bus.maxPayload + 1);
      expect(() => bus.publish("a", tooLarge)).toThrow(code("AGORA_BUS_PAYLOAD"));
      expect(() => bus.publish("a", tooLarge)).toThrow(String(bus.maxPayload));
    });

    test("delivers the term that a payload is published under", async () => {
      const terms: (number | undefined)[] = [];
      bus.subscribe("a", ({ term }) => void terms.push(term));
      const largest = Number.MAX_SAFE_INTEGER;
      for (const term of [1, undefined, largest]) bus.publish("a", bytes(""), term);
      await settle();
      expect(terms).toEqual([1, undefined, largest]);
    });

    test("never calls a handler inside publish", async () => {
      const heard: string[] = [];
      bus.subscribe("a", collect(heard));
      bus.publish("a", bytes("1"));
      expect(heard).toEqual([]);
      await until(() => heard.length === 1);
    });

    test("keeps the order of 5000 payloads, also across subjects", async () => {
      const heard: string[] = [];
      bus.subscribe("order.>", ({ payload }) => void heard.push(textOf(payload)));
      const sent = Array.from({ length: 5000 }, (_, index) => String(index));
      for (const [index, text] of sent.entries()) bus.publish(`order.${index % 3}`, bytes(text));
      await until(() => heard.length >= sent.length);
      expect(heard).toEqual(sent);
    });

    test("handles no payload after unsubscribe, not even one that had arrived", async () => {
      const heard: string[] = [];
      const subscription = bus.subscribe("a", (delivery) => {
        collect(heard)(delivery);
        subscription.unsubscribe();
      });
      bus.publish("a", bytes("1"));
      bus.publish("a", bytes("2"));
      await settle();
      expect(heard).toEqual(["a=1"]);
    });

    test("gives each payload to one member of a queue group, and to every plain subscription", async () => {
      const [first, second, other, plain]: [string[], string[], string[], string[]] = [[], [], [], []];
      bus.subscribe("work.*", collect(first), { queue: "workers" });
      bus.subscribe("work.*", collect(second), { queue: "workers" });
      bus.subscribe("work.>", collect(other), { queue: "others" });
      bus.subscribe("work.a", collect(plain));
      for (let index = 0; index < 200; index += 1) bus.publish("work.a", bytes(String(index)));
      await settle();
      expect(first.length + second.length).toBe(200);
      expect(new Set([...first, ...second]).size).toBe(200);
      expect(Math.min(first.length, second.length)).toBeGreaterThan(20);
      expect([other.length, plain.length]).toEqual([200, 200]);
    });

    test("a handler can answer a request later", async () => {
      bus.subscribe("double", async ({ payload, reply }) => {
        await sleep(5);
        reply?.(bytes(textOf(payload).repeat(2)));
      });
      const answers = ["ab", "c"].map((text) =>
        bus.request("double", bytes(text), { timeoutMilliseconds: 5000 }),
      );
      expect((await Promise.all(answers)).map(textOf)).toEqual(["abab", "cc"]);
    });

    test("a request resolves with the first of several answers", async () => {
      bus.subscribe("ask", ({ reply }) => {
        reply?.(bytes("first"));
        reply?.(bytes("second"));
      });
      const answer = await bus.request("ask", bytes(""), { timeoutMilliseconds: 5000 });
      expect(textOf(answer)).toBe("first");
    });

    test("a request without a subscriber fails with AGORA_BUS_NO_RESPONDERS", async () => {
      const request = bus.request("nobody", bytes(""), { timeoutMilliseconds: 5000 });
      await expect(request).rejects.toThrow(code("AGORA_BUS_NO_RESPONDERS"));
    });

    test("a request without an answer in time fails with AGORA_BUS_TIMEOUT", async () => {
      bus.subscribe("silent", () => undefined);
      const request = bus.request("silent", bytes(""), { timeoutMilliseconds: 20 });
      await expect(request).rejects.toThrow(code("AGORA_BUS_TIMEOUT"));
    });

    test("a request fails with AGORA_BUS_ABORTED once its signal is aborted", async () => {
      bus.subscribe("silent", () => undefined);
      const abort = new AbortController();
      const options = { timeoutMilliseconds: 60_000, signal: abort.signal };
      const running = bus.request("silent", bytes(""), options);
      abort.abort(new Error("the state was left"));
      await expect(running).rejects.toThrow(code("AGORA_BUS_ABORTED"));
      await expect(bus.request("silent", bytes(""), options)).rejects.toThrow(code("AGORA_BUS_ABORTED"));
    });

    test("reports a handler that throws or rejects, and continues delivery", async () => {
      const heard: string[] = [];
      bus.subscribe("a", () => {
        throw new Error("thrown");
      });
      bus.subscribe("a", async () => {
        throw new Error("rejected");
      });
      bus.subscribe("a", collect(heard));
      for (const text of ["1", "2"]) bus.publish("a", bytes(text));
      await settle();
      expect(heard).toEqual(["a=1", "a=2"]);
      const failures = statuses.filter((status) => status.type === "handler failed");
      expect(failures.map(({ subject, cause }) => `${subject}: ${cause}`).toSorted()).toEqual([
        "a: Error: rejected",
        "a: Error: rejected",
        "a: Error: thrown",
        "a: Error: thrown",
      ]);
    });

    test("a status listener that throws does not affect the other listeners", async () => {
      const seen: string[] = [];
      bus.onStatus(() => {
        throw new Error("listener");
      });
      bus.onStatus((status) => seen.push(status.type));
      bus.subscribe("a", () => {
        throw new Error("thrown");
      });
      bus.publish("a", bytes(""));
      await until(() => seen.includes("handler failed"));
    });

    test("drops deliveries over the pending limit, reports it once, and serves other subscriptions", async () => {
      const limited = await open({ pendingLimit: 50 });
      const slow: string[] = [];
      const seen: BusStatus[] = [];
      limited.onStatus((status) => seen.push(status));
      limited.subscribe("flood", collect(slow));
      limited.subscribe("quiet", collect(slow));
      await limited.flush();
      for (let index = 0; index < 2000; index += 1) limited.publish("flood", bytes("x".repeat(20)));
      limited.publish("quiet", bytes("still here"));
      await until(() => slow.includes("quiet=still here"));
      expect(slow.length).toBeLessThan(2001);
      const notices = seen.filter((status) => status.type === "slow consumer");
      expect(notices[0]).toMatchObject({ pattern: "flood", pending: 50 });
      expect(notices.length).toBeLessThan(2000 - slow.length + 2);
      limited.publish("flood", bytes("after"));
      await until(() => slow.includes("flood=after"));
      await limited.close();
    });

    describe("keeping payloads", () => {
      let ids = 0;
      /** Sends a payload to be kept; resolves with the answer, or the code of the error. */
      const keep = async (
        subject: string,
        text: string,
        more: Partial<KeepOptions> = {},
      ): Promise<string> => {
        const options = { id: `${Math.random()}.${ids++}`, timeoutMilliseconds: 5_000 };
        return await bus
          .keep(subject, bytes(text), { ...options, patienceMilliseconds: 5_000, ...more })
          .then(textOf, (cause) => cause.code);
      };
      /** A receiver that is done with what it answers. */
      const receive = (heard: string[], more: ReceiveOptions & { isDone?: boolean } = {}): Reception =>
        bus.receive(
          "agora.kept.*.append.>",
          ({ subject, payload, reply, done }) => {
            heard.push(`${subject}=${textOf(payload)}`);
            if (more.isDone === false) return;
            reply?.(bytes(`got ${textOf(payload)}`));
            done?.();
          },
          more,
        );

      test("the receiver answers, in the order of sending", async () => {
        const heard: string[] = [];
        expect(await receive(heard, { afresh: true }).ready).toEqual([]);
        const answers = await Promise.all(["1", "2", "3"].map((text) => keep("agora.kept.a.append.b", text)));
        expect(answers).toEqual(["got 1", "got 2", "got 3"]);
        expect(heard).toEqual([
          "agora.kept.a.append.b=1",
          "agora.kept.a.append.b=2",
          "agora.kept.a.append.b=3",
        ]);
      });

      test("the receiver sees the term of what is kept, also of what was sent before", async () => {
        await receive([], { afresh: true }).ready;
        const former = receive([]);
        await former.ready;
        former.end();
        const answers = [keep("agora.kept.a.append.b", "1", { term: 7 }), keep("agora.kept.a.append.b", "2")];
        await bus.flush();
        const terms: (number | undefined)[] = [];
        const receiver = bus.receive("agora.kept.*.append.>", ({ term, reply, done }) => {
          terms.push(term);
          reply?.(bytes("got it"));
          done?.();
        });
        await receiver.ready;
        expect(await Promise.all(answers)).toEqual(["got it", "got it"]);
        expect(terms).toEqual([7, undefined]);
      });

      test("what was sent while there was no receiver is received once there is one, before it is ready", async () => {
        await receive([], { afresh: true }).ready;
        const former = receive([]);
        await former.ready;
        former.end();
        const kept: string[] = [];
        const answers = ["1", "2"].map((text) =>
          keep("agora.kept.a.append.b", text, { onKept: () => void kept.push(text) }),
        );
        await until(() => kept.length === 2);
        const heard: string[] = [];
        await receive(heard).ready;
        expect(heard).toEqual(["agora.kept.a.append.b=1", "agora.kept.a.append.b=2"]);
        expect(await Promise.all(answers)).toEqual(["got 1", "got 2"]);
      });

      test("what a receiver is not done with goes to the next one, and what it is done with does not", async () => {
        const [first, second]: [string[], string[]] = [[], []];
        const former = receive(first, { afresh: true, isDone: false });
        await former.ready;
        const answer = keep("agora.kept.a.append.b", "1");
        await until(() => first.length === 1);
        await receive(second).ready;
        expect(await answer).toBe("got 1");
        expect(await keep("agora.kept.a.append.b", "2")).toBe("got 2");
        expect([first, second]).toEqual([
          ["agora.kept.a.append.b=1"],
          ["agora.kept.a.append.b=1", "agora.kept.a.append.b=2"],
        ]);
        const third: string[] = [];
        await receive(third).ready;
        expect(third).toEqual([]);
      });

      test("a payload that is sent again under its id is received once", async () => {
        const heard: string[] = [];
        await receive(heard, { afresh: true }).ready;
        const again = { id: `again ${Math.random()}`, patienceMilliseconds: 50 };
        expect(await keep("agora.kept.a.append.b", "1", again)).toBe("got 1");
        expect(await keep("agora.kept.a.append.b", "1", again)).toBe("AGORA_BUS_UNANSWERED");
        expect(await keep("agora.kept.a.append.b", "2")).toBe("got 2");
        expect(heard).toEqual(["agora.kept.a.append.b=1", "agora.kept.a.append.b=2"]);
      });

      test("a receiver that begins afresh drops what was sent before", async () => {
        const former = receive([], { afresh: true });
        await former.ready;
        former.end();
        expect(await keep("agora.kept.a.append.b", "1", { patienceMilliseconds: 50 })).toBe(
          "AGORA_BUS_UNANSWERED",
        );
        const heard: string[] = [];
        await receive(heard, { afresh: true }).ready;
        expect(await keep("agora.kept.a.append.b", "2")).toBe("got 2");
        expect(heard).toEqual(["agora.kept.a.append.b=2"]);
      });

      test("ends with the signal, with the bus, and for what cannot be sent", async () => {
        await receive([], { afresh: true, isDone: false }).ready;
        const stopping = new AbortController();
        const stopped = keep("agora.kept.a.append.b", "1", { signal: stopping.signal });
        stopping.abort();
        expect(await stopped).toBe("AGORA_BUS_ABORTED");
        expect(await keep("agora.kept.a.append.b", "1", { signal: stopping.signal })).toBe(
          "AGORA_BUS_ABORTED",
        );
        expect(await keep("agora.kept..append.b", "1")).toBe("AGORA_BUS_SUBJECT");
        const closed = keep("agora.kept.a.append.b", "2");
        await bus.close();
        expect(await closed).toBe("AGORA_BUS_CLOSED");
        expect(await keep("agora.kept.a.append.b", "3")).toBe("AGORA_BUS_CLOSED");
        expect(() => receive([])).toThrow(code("AGORA_BUS_CLOSED"));
      });
    });

    test("drops deliveries over the bytes that may wait, takes one of any size, and serves again", async () => {
      const limited = await open({ pendingBytes: 10_000 });
      const sizes: number[] = [];
      const seen: BusStatus[] = [];
      limited.onStatus((status) => seen.push(status));
      limited.subscribe("flood", ({ payload }) => void sizes.push(payload.byteLength));
      await limited.flush();
      for (let index = 0; index < 100; index += 1) limited.publish("flood", new Uint8Array(4_000));
      await until(() => seen.some(({ type }) => type === "slow consumer") && sizes.length > 0);
      await limited.flush();
      await sleep(20);
      expect(sizes.length).toBeLessThan(100);
      limited.publish("flood", new Uint8Array(20_000));
      await until(() => sizes.includes(20_000));
      await limited.close();
    });

    test("drain waits for the handlers and refuses new subscriptions", async () => {
      const heard: string[] = [];
      bus.subscribe("a", collect(heard));
      bus.subscribe("a", () => bus.publish("answered", bytes("")));
      for (let index = 0; index < 500; index += 1) bus.publish("a", bytes(String(index)));
      await bus.drain();
      expect(heard.length).toBe(500);
      expect(statuses.filter((status) => status.type === "handler failed")).toEqual([]);
      expect(() => bus.subscribe("a", () => undefined)).toThrow(code("AGORA_BUS_CLOSED"));
    });

    test("closing fails pending requests, and every later call fails with AGORA_BUS_CLOSED", async () => {
      bus.subscribe("silent", () => undefined);
      const waiting = bus.request("silent", bytes(""), { timeoutMilliseconds: 60_000 });
      const failed = expect(waiting).rejects.toThrow(code("AGORA_BUS_CLOSED"));
      await bus.flush();
      await bus.close();
      await failed;
      await until(() => statuses.some((status) => status.type === "closed"));
      expect(bus.connected).toBe(false);
      expect(() => bus.publish("a", bytes(""))).toThrow(code("AGORA_BUS_CLOSED"));
      await expect(bus.request("a", bytes(""), { timeoutMilliseconds: 10 })).rejects.toThrow(
        code("AGORA_BUS_CLOSED"),
      );
      await expect(bus.flush()).rejects.toThrow(code("AGORA_BUS_CLOSED"));
      await bus.close();
      await bus.drain();
    });
  });
};
