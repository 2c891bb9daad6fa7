/** Worker thread of one pocket model: serves a `LocalEngine` over messages. */
import { parentPort, workerData } from "node:worker_threads";
import { type EngineAnswer, type EngineCall, type EngineWorkerData, toFailure } from "./engine-messages.ts";
import { LocalEngine } from "./local-engine.ts";
import type { Generation } from "./port.ts";

const { folder, settings } = workerData as EngineWorkerData;
const engine = new LocalEngine(folder, settings);
const underWay = new Map<number, AbortController>();

const answer = (message: EngineAnswer): void => {
  parentPort?.postMessage(message);
};

const generate = (call: EngineCall & { kind: "generate" }): Promise<Generation> => {
  const controller = new AbortController();
  underWay.set(call.id, controller);
  const onText = (piece: string): void => answer({ kind: "text", id: call.id, piece });
  const options = { signal: controller.signal, ...(call.streams ? { onText } : {}) };
  return engine.generate(call.request, options).finally(() => underWay.delete(call.id));
};

const perform = (call: Exclude<EngineCall, { kind: "abort" }>): Promise<unknown> => {
  switch (call.kind) {
    case "generate":
      return generate(call);
    case "load":
      return engine.loadAdapter(call.name, call.folder);
    case "unload":
      return engine.unloadAdapter(call.name);
  }
};

parentPort?.on("message", (call: EngineCall) => {
  if (call.kind === "abort") {
    underWay.get(call.id)?.abort();
    return;
  }
  perform(call).then(
    (generation) => answer({ kind: "done", id: call.id, generation: generation as Generation | undefined }),
    (cause) => answer({ kind: "failed", id: call.id, failure: toFailure(cause) }),
  );
});
answer({ kind: "ready" });
