/** `--stately`: inspection through Stately's own inspector, which needs the network. */
import type { InspectionEvent } from "xstate";
import { AgoraError } from "../../runtime/agora-error.ts";

export class StatelyError extends AgoraError<"AGORA_STATELY"> {}

/** The used part of the package. The package is optional, so its types may be missing. */
interface StatelyInspect {
  createSkyInspector(options?: { onerror?: (cause: unknown) => void }): {
    readonly inspect: { next?(event: InspectionEvent): void } | ((event: InspectionEvent) => void);
  };
}

const packageName = "@statelyai/inspect";

/** @throws StatelyError if the package is not installed. */
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
  say("Stately: the states and events of the agents are sent to stately.ai.");
  const { inspect } = stately.createSkyInspector({ onerror: () => {} });
  return typeof inspect === "function" ? inspect : (event) => inspect.next?.(event);
};
