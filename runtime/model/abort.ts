/** Starts all calls; the first failure aborts the others. Settles once all calls have settled. */
export const allOrAbort = async <Result>(
  calls: readonly ((signal: AbortSignal) => Promise<Result>)[],
  signal: AbortSignal,
): Promise<Result[]> => {
  const controller = new AbortController();
  const linked = AbortSignal.any([signal, controller.signal]);
  const started = calls.map((call) => call(linked));
  try {
    return await Promise.all(started);
  } catch (error) {
    controller.abort(error);
    await Promise.allSettled(started);
    throw error;
  }
};
