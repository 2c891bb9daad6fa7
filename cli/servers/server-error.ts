import { AgoraError } from "../../runtime/agora-error.ts";

const FIXES = {
  "server.port":
    "stop the process that listens there, or give the server (and its models' endpoint) another port",
  "server.program": "install it, or name another program in the server's `command`",
  "server.died": "see its log, and try the command that `agora up --dry-run` prints by hand",
  "server.late": "see its log; raise startSeconds if it starts slowly",
} as const;

export type ServerErrorCode = keyof typeof FIXES;

/** A server that `agora up` cannot start or keep running. */
export class ServerError extends AgoraError<ServerErrorCode> {
  readonly server: string;

  constructor(code: ServerErrorCode, server: string, problem: string, options?: ErrorOptions) {
    super(code, `server ${server}: ${problem}`, { ...options, fix: FIXES[code] });
    this.server = server;
  }
}
