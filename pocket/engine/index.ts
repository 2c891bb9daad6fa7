/** The pocket engine's public interface. */
export { EngineError, type EngineErrorCode } from "./errors.ts";
export { type EngineSettings, LocalEngine } from "./local-engine.ts";
export type * from "./port.ts";
export { trainInWorker } from "./training/worker-train.ts";
export { openEngine } from "./worker-engine.ts";
