/** `--stately`: the same inspection through Stately's own inspector, for those who are online. */
import type { InspectionEvent } from "xstate";
import { AgoraError } from "../../runtime/agora-error.ts";

export class StatelyError extends AgoraError<"AGORA_STATELY"> {}

/** The part of the package that is used; it is optional, and its types may be absent. */
interface StatelyInspect {
  createSkyInspector(options?: { onerror?: (cause: unknown) => void }): {
    readonly inspect: { next?(event: InspectionEvent): void } | ((event: InspectionEvent) => void);
  };
}

const packageName = "@statelyai/inspect";

/** @throws StatelyError where the package is not installed. */
export const statelyInspector = async (
  say: (line: string) => void,
): Promise<(event: InspectionEvent) => void> => {
  const stately = await (import(packageName) as Promise<StatelyInspect>).catch((cause: unknown) => {
    throw new StatelyError(
      "AGORA_STATELY",
      `--stately needs the package ${packageName}, which is not installed`,
      {
        fix: `run: npm install ${packageName}`,
        cause,
      },
    );
  });
  say("Stately: what the agents go through is sent to stately.ai.");
  const { inspect } = stately.createSkyInspector({ onerror: () => {} });
  return typeof inspect === "function" ? inspect : (event) => inspect.next?.(event);
};
