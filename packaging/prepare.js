// Runs after `npm ci` in a checkout: prints which Node the scripts use if it is not the Node of npm.
import { isNewEnough, oldestMajor } from "../entry/node-version.js";

const own = process.versions.node;
const [, outer = own] = /\bnode\/v(\S+)/.exec(process.env.npm_config_user_agent ?? "") ?? [];

if (!isNewEnough(own)) {
  const place = `${process.platform}-${process.arch}`;
  process.stdout.write(
    `Agora needs Node ${oldestMajor} or newer: this is ${own}, and npm has none for ${place}.\n`,
  );
} else if (!isNewEnough(outer)) {
  process.stdout.write(
    `npm runs on Node ${outer}; Agora's scripts run on Node ${own}, which npm ci has installed.\n`,
  );
}
