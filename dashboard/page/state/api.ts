/** Reads the server's resources; all of them are plain JSON (dashboard/view.ts). */

/** The server rejected a request or could not be reached. */
export class ApiError extends Error {
  readonly code = "AGORA_PAGE_API";
  /** HTTP status; 0 if there was no response. */
  readonly status: number;
  constructor(status: number, problem: string) {
    super(problem);
    this.status = status;
  }
}

/** The server's own problem text; a proxy's response may not have one. */
const explain = async (response: Response): Promise<string> => {
  try {
    const { problem } = (await response.json()) as { readonly problem?: unknown };
    if (typeof problem === "string") return problem;
  } catch {
    // The body is not the server's JSON.
  }
  return `The server answered ${response.status}; its log says why.`;
};

type Read = (path: string, signal?: AbortSignal) => Promise<string>;

const readFromServer: Read = async (path, signal) => {
  const response = await fetch(path, { cache: "no-store", ...(signal ? { signal } : {}) }).catch(
    (cause: unknown) => {
      signal?.throwIfAborted();
      throw new ApiError(
        0,
        `The server cannot be reached (${String(cause)}); restart it, the page reconnects.`,
      );
    },
  );
  if (!response.ok) throw new ApiError(response.status, await explain(response));
  return response.text();
};

let source = readFromServer;

/** Reads from somewhere else than the server, which then sends no frames either. */
export const readFrom = (read: Read): void => {
  source = read;
};

export const hasServer = (): boolean => source === readFromServer;

/** Returns the text, so that a caller can detect an unchanged resource without parsing. @throws ApiError */
export const readText = (path: string, signal?: AbortSignal): Promise<string> => source(path, signal);

/** @throws ApiError */
export const readJson = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  JSON.parse(await readText(path, signal)) as T;

/** Adds the set parameters to a path, which may already have parameters. */
export const withQuery = (
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string => {
  const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();
  return search === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${search}`;
};
