import { relative } from "node:path";
import { parseArgs } from "node:util";
import { BridgeError, isBridgeError } from "@bridge/core/backend";
import { createBackend } from "./create-backend.ts";

const usage = "usage: npm create @bridge/backend <name>, such as acme (makes bridge-backend-acme) or @me/acme";

function run(): void {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { help: { type: "boolean", short: "h" } } });
  if (values.help === true) return console.log(usage);
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new BridgeError("invalid_option", usage);
  const { packageName, path } = createBackend(name);
  console.log(`${packageName} is in ${path}\n\nnext:\n  cd ${relative(".", path)}\n  npm install\n  npm test`);
}

try {
  run();
} catch (error) {
  const isInput = isBridgeError(error) || (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = isInput ? 2 : 1;
}
