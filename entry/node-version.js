// Plain JavaScript for old versions of Node: their users get a clear message instead of a syntax error.

/** The oldest Node that runs Agora; package.json's `engines` says the same. */
export const oldestMajor = 24;

export const isNewEnough = (version) => Number(version.split(".")[0]) >= oldestMajor;

/** @throws Error with the code AGORA_NODE_VERSION if Node is too old. */
export const requireNode = (version = process.versions.node, program = process.execPath) => {
  if (isNewEnough(version)) return;
  const problem = `Agora needs Node ${oldestMajor} or newer, and this is Node ${version} (${program}).`;
  const fix = `Install Node ${oldestMajor} or newer from https://nodejs.org or with your version manager.`;
  throw Object.assign(new Error(`${problem} ${fix}`), { code: "AGORA_NODE_VERSION" });
};
