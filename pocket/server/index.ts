export type { PocketModel, PocketServer, PocketServerOptions } from "./serve.ts";
export { PocketServerError, servePocket } from "./serve.ts";
