/** Checks before a run that an endpoint answers. */
import { addressAt } from "./address.ts";
import { keepAliveFetch } from "./http.ts";
import { ModelError } from "./model-error.ts";

const patienceSeconds = 10;

const causeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return error.message || (typeof code === "string" ? code : error.name);
};

/** Any HTTP response counts, including errors: `agora doctor` checks keys and ids. @throws ModelError */
export const requireReachable = async (endpoint: string, model: string): Promise<void> => {
  const signal = AbortSignal.timeout(patienceSeconds * 1000);
  try {
    // `transformers serve` fails here, and Uvicorn closes the connection of a failure: no call may meet that.
    const headers = { connection: "close" };
    await keepAliveFetch(addressAt(endpoint, "/models"), { signal, headers });
  } catch (error) {
    const problem = signal.aborted
      ? `no answer within ${patienceSeconds} s`
      : `no connection: ${causeOf(error)}`;
    throw new ModelError("model.unreachable", { endpoint, model, problem });
  }
};
