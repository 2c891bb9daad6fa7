export { RequestError } from "./errors.ts";
export type { PocketModel, PocketServer, PocketServerOptions } from "./serve.ts";
export { PocketServerError, servePocket } from "./serve.ts";
