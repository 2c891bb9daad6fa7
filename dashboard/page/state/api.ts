/** Reads the server's resources; all of them are plain JSON (dashboard/view.ts). */

/** The server refused or could not be reached. */
export class ApiError extends Error {
  readonly code = "AGORA_PAGE_API";
  /** 0: there was no answer. */
  readonly status: number;
  constructor(status: number, problem: string) {
    super(problem);
    this.status = status;
  }
}

/** The server says itself what is wrong; a proxy in between may not. */
const explain = async (response: Response): Promise<string> => {
  try {
    const { problem } = (await response.json()) as { readonly problem?: unknown };
    if (typeof problem === "string") return problem;
  } catch {
    // Not the server's own words.
  }
  return `The server answered ${response.status}; its log says why.`;
};

/** The text of a resource, so that an unchanged one can be told without parsing. @throws ApiError */
export const readText = async (path: string, signal?: AbortSignal): Promise<string> => {
  const response = await fetch(path, { cache: "no-store", ...(signal ? { signal } : {}) }).catch(
    (cause: unknown) => {
      signal?.throwIfAborted();
      throw new ApiError(
        0,
        `The server cannot be reached (${String(cause)}); start it again, the page waits.`,
      );
    },
  );
  if (!response.ok) throw new ApiError(response.status, await explain(response));
  return response.text();
};

/** @throws ApiError */
export const readJson = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  JSON.parse(await readText(path, signal)) as T;

/** A path with the parameters that are set; it may have some already. */
export const withQuery = (
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string => {
  const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();
  return search === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${search}`;
};
