/** Starts all tasks; the first failure aborts the others. Settles once none is under way any more. */
export async function allOrAbort<Result>(
  tasks: readonly ((signal: AbortSignal) => Promise<Result>)[],
  signal: AbortSignal,
): Promise<Result[]> {
  const controller = new AbortController();
  const linked = AbortSignal.any([signal, controller.signal]);
  const started = tasks.map((task) => task(linked));
  try {
    return await Promise.all(started);
  } catch (error) {
    controller.abort(error);
    await Promise.allSettled(started);
    throw error;
  }
}
