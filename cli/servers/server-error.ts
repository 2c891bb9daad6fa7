const FIXES = {
  "server.port": "end what listens there, or give the server (and its models' endpoint) another port",
  "server.program": "install it, or name another program in the server's `command`",
  "server.died": "see its log, and try the command that `agora up --dry-run` prints by hand",
  "server.late": "see its log; raise startSeconds where it is only slow",
} as const;

export type ServerErrorCode = keyof typeof FIXES;

/** A server that `agora up` could not start or keep up. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code: ServerErrorCode;
  readonly server: string;

  constructor(code: ServerErrorCode, server: string, problem: string, options?: ErrorOptions) {
    super(`server ${server}: ${problem}. Fix: ${FIXES[code]}.`, options);
    this.code = code;
    this.server = server;
  }
}
