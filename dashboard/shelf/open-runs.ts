/** The pages of runs that readers have open, each opened when it is first asked for; the least recent one is closed. */
import { statSync } from "node:fs";
import { basename } from "node:path";
import type { Hono } from "hono";
import { journalFile } from "../../runtime/journal/journal-reader.ts";
import type { PageRun, PageRunOptions } from "../page-run.ts";
import type { Shelf } from "./shelf.ts";

export interface OpenRun {
  readonly page: PageRun;
  readonly app: Hono;
}

/** What is known of a run beyond its journal. */
type Knowledge = Pick<PageRunOptions, "judge" | "objection" | "aboutBenchmarks" | "promptOf">;

export interface OpenRunsOptions {
  readonly shelf: Shelf;
  readonly appOf: (page: PageRun) => Hono;
  readonly knowledgeOf?: ((folder: string, run: string) => Promise<Knowledge>) | undefined;
  readonly onTrouble?: ((cause: unknown) => void) | undefined;
}

interface Opened {
  readonly journal: string;
  readonly opening: Promise<OpenRun>;
}

/** Which file a run's journal is: a run that is made again under its name has another one. */
const journalIn = (folder: string): string => {
  const { dev, ino, birthtimeMs } = statSync(journalFile(folder));
  return `${dev} ${ino} ${birthtimeMs}`;
};

const closed = ({ opening }: Opened): Promise<void> =>
  opening.then(({ page }) => page.close()).catch(() => {});

/** A long run takes some ten megabytes. */
const capacity = 24;

export class OpenRuns {
  readonly #options: OpenRunsOptions;
  readonly #open = new Map<string, Opened>();

  constructor(options: OpenRunsOptions) {
    this.#options = options;
  }

  /** Undefined if there is no such run. @throws JournalError, StoredConfigError */
  async find(key: string): Promise<OpenRun | undefined> {
    const folder = this.#options.shelf.folderOf(key);
    if (folder === undefined) return undefined;
    const journal = journalIn(folder);
    const known = this.#open.get(key);
    const isKnown = known?.journal === journal;
    const opened = isKnown ? known : { journal, opening: this.#openRun(folder) };
    if (known !== undefined && !isKnown) void closed(known);
    this.#open.delete(key);
    this.#open.set(key, opened);
    opened.opening.catch(() => {
      if (this.#open.get(key) === opened) this.#open.delete(key);
    });
    this.#closeOldest();
    return opened.opening;
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    for (const opened of all) await closed(opened);
  }

  async #openRun(folder: string): Promise<OpenRun> {
    const { knowledgeOf = async () => ({}), onTrouble, appOf } = this.#options;
    const { PageRun } = await import("../page-run.ts");
    const page = new PageRun({ folder, onTrouble, ...(await knowledgeOf(folder, basename(folder))) });
    return { page, app: appOf(page) };
  }

  #closeOldest(): void {
    if (this.#open.size <= capacity) return;
    const [oldest] = this.#open;
    if (oldest === undefined) return;
    this.#open.delete(oldest[0]);
    void closed(oldest[1]);
  }
}
