/** Always a new name for new weights: servers may answer from stale caches where a name comes back. */
export const servedName = (model: string, version: number): string => `${model}@v${version}`;
