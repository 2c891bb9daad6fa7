/** Sends an act to the server, and tells what it did or why it was refused. */
import { signal } from "@preact/signals";

/** As the server reads it (runtime/acts.ts). */
export type Act = Readonly<Record<string, unknown>> & { readonly act: string };

/** As the server answers (ActDone). */
export interface Done {
  readonly effect: string;
  readonly question?: string;
  readonly fork?: string;
}

/** What the last act did, or why it was refused. */
export const outcome = signal<{ readonly isRefused: boolean; readonly text: string } | undefined>(undefined);
/** An act is on its way. */
export const isActing = signal(false);

const problemIn = (body: unknown, status: number): string => {
  const { problem } = (body ?? {}) as { readonly problem?: unknown };
  return typeof problem === "string" ? problem : `The server answered ${status}; its log says why.`;
};

const send = async (act: Act): Promise<Done> => {
  const response = await fetch("api/acts", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(act),
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new Error(problemIn(body, response.status));
  return body as Done;
};

/** Undefined if it was refused. */
export const perform = async (act: Act): Promise<Done | undefined> => {
  isActing.value = true;
  try {
    const done = await send(act);
    outcome.value = { isRefused: false, text: `Done: ${done.effect}.` };
    return done;
  } catch (error) {
    outcome.value = { isRefused: true, text: error instanceof Error ? error.message : String(error) };
    return undefined;
  } finally {
    isActing.value = false;
  }
};
