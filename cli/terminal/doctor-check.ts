/** The result of one check. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** Empty if the check passed. */
  readonly fix: string;
}

export const passed = (name: string, detail: string): Check => ({ name, ok: true, detail, fix: "" });
export const failed = (name: string, detail: string, fix: string): Check => ({
  name,
  ok: false,
  detail,
  fix,
});
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A check as a line, and its fix on a second one: the same words in `agora doctor` and before a run. */
export const shownCheck = ({ name, ok, detail, fix }: Check): string =>
  `${ok ? "ok  " : "FAIL"}  ${name}: ${detail}${ok || !fix ? "" : `\n      fix: ${fix}`}`;
