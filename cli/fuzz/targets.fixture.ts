/** What reads bytes or texts of others, each with well-formed frames to start from. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { choiceIn, finalAnswer } from "../../experiments/grading/final-answer.ts";
import { formOf } from "../../experiments/grading/form.ts";
import { EngineError } from "../../pocket/engine/errors.ts";
import { writeRandomCheckpoint } from "../../pocket/engine/random-checkpoint.ts";
import { formatSafetensors, parseSafetensors } from "../../pocket/engine/safetensors.ts";
import { readTokenizer } from "../../pocket/engine/tokenizer.ts";
import { hostileSolutions } from "../../prompts/hostile.fixture.ts";
import { loadPack } from "../../prompts/pack.ts";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import type { Closer } from "../../runtime/closings.fixture.ts";
import { ConfigError, loadConfig } from "../../runtime/config/config.ts";
import { arbitraryMessage } from "../../runtime/messages.fixture.ts";
import { createCodec } from "../../runtime/wire/codec.ts";
import { Reader } from "../../runtime/wire/reader.ts";
import { packFolder } from "../host/packs.ts";

/** Whether a frame was accepted; anything else that is thrown than a refusal of the target is a crash. */
export type Feed = (frame: Uint8Array) => boolean | Promise<boolean>;

export interface Target {
  readonly name: string;
  /** Of all frames. */
  readonly share: number;
  readonly frames: readonly Uint8Array[];
  readonly feed: Feed;
}

const utf8 = new TextEncoder();
const textIn = (frame: Uint8Array): string => new TextDecoder().decode(frame);
const framesOf = (...texts: readonly string[]): Uint8Array[] => texts.map((text) => utf8.encode(text));

/** Refused by throwing an error of this kind. */
const refusing =
  (kind: abstract new (...given: never[]) => Error, read: (frame: Uint8Array) => unknown): Feed =>
  (frame) => {
    try {
      read(frame);
      return true;
    } catch (error) {
      if (error instanceof kind) return false;
      throw error;
    }
  };

const wire = (): Target => {
  const codec = createCodec();
  const reader = new Reader({ bus: createMemoryBus(), run: "r", codec });
  const messages = fc.sample(arbitraryMessage, { numRuns: 200, seed: 7 });
  let refused = 0;
  return {
    name: "bus codec",
    share: 0.45,
    frames: messages.map((message) => codec.encode(message)),
    feed: (payload) => {
      const message = reader.read({ subject: "agora.r.a.b.c.d", payload, reply: undefined }, () => undefined);
      if (message !== undefined) return true;
      refused += 1;
      if (reader.refused !== refused) throw new Error("a refusal was not counted");
      return false;
    },
  };
};

const configuration = (folder: string): Target => {
  const file = join(folder, "fuzzed.yaml");
  const shipped = ["mixed", "1b"].map((name) =>
    readFileSync(join(import.meta.dirname, `../../experiments/configs/${name}.yaml`)),
  );
  const small = `models:\n  - { name: ant, model: ant, endpoint: "http://127.0.0.1:9/v1" }\n  - &a { name: bee, model: bee, endpoint: "http://127.0.0.1:9/v1", adapters: false }\nrounds: 3\nseed: 7\nlora: false\noptions: { x: { y: [1, 2] } }\n`;
  return {
    name: "config loader",
    share: 0.06,
    frames: [...framesOf(small, small, small), ...shipped],
    feed: refusing(ConfigError, (frame) => {
      writeFileSync(file, frame);
      loadConfig({ file, env: {}, checkpoints: [] });
    }),
  };
};

const weights = (): Target => {
  const tensor = (...shape: number[]) => ({
    shape,
    data: new Float32Array(shape.reduce((product, length) => product * length, 1)),
  });
  const tensors = new Map([
    ["a.weight", tensor(2, 3)],
    ["b", tensor(4)],
  ]);
  return {
    name: "safetensors",
    share: 0.2,
    frames: [formatSafetensors(tensors), formatSafetensors(new Map())],
    feed: refusing(EngineError, (frame) => parseSafetensors(frame, "fuzzed")),
  };
};

const tokenizer = (folder: string): Target => {
  const checkpoint = join(folder, "checkpoint");
  writeRandomCheckpoint(checkpoint);
  const file = join(checkpoint, "tokenizer.json");
  return {
    name: "tokenizer",
    share: 0.02,
    frames: [new Uint8Array(readFileSync(file))],
    feed: refusing(EngineError, (frame) => {
      writeFileSync(file, frame);
      const read = readTokenizer(checkpoint, { beginToken: 1, endToken: 2 });
      read.decode(read.encode("12+3"));
    }),
  };
};

const replies = [
  ...["1+2=3 3*4=2 ans 2", "1+2=3:1+2=3 ans 3:3", "by steps 1", "first", "7*8-3+9?", "none"],
  ...["Step 1: 2+2=4. The answer is \\boxed{4}.", "Verdict: accept\nThe steps hold.", "Choice: second"],
  ...["<think>hm</think> **B**", '{"solution": "2+2", "answer": "4"}', "Question: What is 3/4 of 12?"],
  ...[
    "\\boxed{\\frac{\\sqrt{3}}{2}}",
    "x \\in (-\\infty, 3] \\cup \\{5\\}",
    "(1, 2), (3, 4)",
    "12\\% or 0.12",
  ],
  ...hostileSolutions.map(({ text }) => text),
];

const parsers = (): Target => {
  const packs = ["pocket", "english"].map((name) => loadPack(packFolder(name)));
  return {
    name: "prompt parsers",
    share: 0.12,
    frames: framesOf(...replies),
    feed: (frame) => {
      const text = textIn(frame);
      const read = packs.flatMap((pack) => [
        pack.answer(pack.reply("solver", text)),
        pack.verdict(pack.reply("verifier", text)),
        pack.ballot(pack.reply("voter", text)),
        pack.explanation(pack.reply("explainer", text)),
        pack.question(pack.reply("generator", text)),
      ]);
      return read.some((part) => part !== undefined);
    },
  };
};

const grader = (): Target => ({
  name: "grader",
  share: 0.1,
  frames: framesOf(...replies),
  feed: (frame) => {
    const text = textIn(frame);
    const answer = finalAnswer(text);
    formOf(answer ?? text);
    return answer !== undefined || choiceIn(text) !== undefined;
  },
});

/** Everything but HTTP servers, which have to be started. */
export const targets = (closer: Closer): Target[] => {
  const folder = mkdtempSync(join(tmpdir(), "agora-fuzz-"));
  closer.add(() => rmSync(folder, { recursive: true, force: true }));
  return [wire(), configuration(folder), weights(), tokenizer(folder), parsers(), grader()];
};

/** [ms] */
const httpPatience = 5_000;

const requests = (host: string, path: string): Uint8Array[] => {
  const body = '{"model":"tiny","messages":[{"role":"user","content":"1+1="}],"n":2,"seed":3,"stop":["\\n"]}';
  const head = (line: string, more: string) => `${line} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
  return framesOf(
    head(`POST ${path}`, `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`) + body,
    head(`POST ${path}`, "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n") +
      `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    head("GET /", "Cookie: a=b\r\nAccept-Encoding: gzip, br\r\n"),
    head("GET /questions?round=1&limit=5", "Origin: http://evil.example\r\n"),
    head("GET /../../etc/passwd", "If-None-Match: x\r\n"),
  );
};

/** Bytes on a connection of their own; accepted: the server answers 2xx. A server that does not answer is a hang. */
export const httpTarget = (name: string, port: number, share: number): Target => ({
  name,
  share,
  frames: requests(`127.0.0.1:${port}`, "/v1/chat/completions"),
  feed: (frame) =>
    new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect(port, "127.0.0.1");
      socket.setEncoding("latin1").setTimeout(httpPatience, () => {
        socket.destroy();
        reject(new Error("the server neither answers nor closes the connection"));
      });
      socket.on("data", (text: string) => {
        answer += text;
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(/^HTTP\/1\.1 2/.test(answer)));
      socket.end(frame);
    }),
});
