/** Serves a run's page over HTTP, on loopback unless a host is given. */
import type { Acts } from "../../runtime/acts.ts";
import type { Message } from "../../runtime/messages.ts";
import type { Transitions } from "../live/transitions.ts";
import { PageRun, type PageRunOptions } from "../page-run.ts";
import type { Farewell } from "../view.ts";
import { Access } from "./access.ts";
import { createApp } from "./app.ts";
import { Assets } from "./assets.ts";
import { closeServer, defaultPort, listen, loopback, ownPage, portOf, shownHost } from "./listening.ts";

export interface PageOptions extends PageRunOptions {
  /** Beyond loopback the page requires a token. Default: 127.0.0.1. */
  readonly host?: string | undefined;
  /** If the port is busy, a free one is used; 0 chooses a free port. Default: 4646. */
  readonly port?: number | undefined;
  /** What an operator may do to the run; undefined for a replay. */
  readonly acts?: Acts | undefined;
  /** Without the page's files, and only for those who have the token: for acts on a run without a page. */
  readonly isHidden?: boolean | undefined;
  /** Folder with the page's files. */
  readonly pageFolder?: string | undefined;
}

export interface Page {
  /** Address of the page; it contains the token if one is needed. */
  readonly url: string;
  readonly port: number;
  /** True if the port is not the requested one. */
  readonly isMoved: boolean;
  readonly viewers: number;
  /** Passes a message of the running society to the page, which saves the page a read from disk. */
  accept(message: Message): void;
  /** What it observes of the society's machines, for the feed; undefined while nobody watches. */
  transitions(): Transitions | undefined;
  /** Marks the run as ended; viewers get the end after all earlier data. */
  end(outcome: string): Promise<void>;
  /** @param farewell told to the viewers: why the server ends */
  close(farewell?: Farewell): Promise<void>;
}

/** How long the last bytes of a stream may take to leave [ms]. */
const partingTime = 500;

/** @throws JournalError if the folder holds no run; PageError if the server cannot listen */
export const servePage = async (options: PageOptions): Promise<Page> => {
  const { host = loopback, port = defaultPort, pageFolder = ownPage, onTrouble = () => {} } = options;
  const { isHidden = false } = options;
  const page = new PageRun(options);
  const access = isHidden ? new Access(host, true) : new Access(host);
  try {
    const assets = isHidden ? undefined : Assets.of(pageFolder);
    await assets?.prepare("br");
    const app = createApp({ page, acts: options.acts, assets, access, onTrouble });
    const server = await listen(app, port, host);
    const query = access.token === undefined ? "" : `?token=${access.token}`;
    return {
      url: `http://${shownHost(host)}:${portOf(server)}/${query}`,
      port: portOf(server),
      isMoved: port !== 0 && portOf(server) !== port,
      get viewers() {
        return page.broadcast.viewers;
      },
      accept: (message) => page.accept(message),
      transitions: () => page.transitions(),
      end: (outcome) => page.end(outcome),
      close: async (farewell) => {
        const isWatched = page.broadcast.viewers > 0;
        page.broadcast.close(farewell);
        await closeServer(server, farewell && isWatched ? partingTime : 0);
        await page.close();
      },
    };
  } catch (cause) {
    await page.close();
    throw cause;
  }
};
