/** llama.cpp's converter for tests: the file says what the adapter's configuration names, or "broken". */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: "string" },
    "base-model-id": { type: "string" },
    outtype: { type: "string" },
    outfile: { type: "string", default: "" },
  },
});

const { name } = JSON.parse(readFileSync(join(positionals[0] ?? "", "adapter_config.json"), "utf8"));
if (typeof name !== "string") {
  console.error("KeyError: 'name'");
  process.exit(1);
}
writeFileSync(values.outfile, name);
