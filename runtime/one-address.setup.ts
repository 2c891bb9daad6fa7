/**
 * Vitest imports each file of tests under a new address (`?vitest=` and the time), and Node would keep what it compiles
 * for an address that is never used again.
 */
import { registerHooks } from "node:module";

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    return { ...found, url: found.url.replace(/\?vitest=\d+$/, "") };
  },
});
