/** CommonJS can require core: every entry, with its names, without a warning. */
import assert from "node:assert/strict";
import { withConsumerProject } from "../src/consumer-project.ts";
import { mustRun } from "../src/run-command.ts";
import { publishable, readWorkspace } from "../src/workspace.ts";

const core = publishable(readWorkspace()).find(({ manifest }) => manifest.name === "@bridge/core");
const entries = Object.keys(core?.manifest.exports ?? {}).filter((entry) => entry !== "./package.json").map((entry) => entry.replace(/^\./, "@bridge/core"));
assert.ok(entries.length > 0);

const script = `
const assert = require("node:assert/strict");
for (const entry of ${JSON.stringify(entries)}) {
  const names = Object.keys(require(entry));
  assert.ok(names.length > 0, entry + " exports nothing");
  console.log(entry + ": " + names.length + " names");
}
const { BridgeError, isBridgeError } = require("@bridge/core");
assert.ok(isBridgeError(new BridgeError("aborted", "stop")));
import("@bridge/core").then((module) => assert.equal(module.BridgeError, BridgeError, "import and require give two copies"));
`;

await withConsumerProject(["@bridge/core"], [], async ({ folder, write }) => {
  const printed = await mustRun(process.execPath, [await write("consumer.cjs", script)], { folder });
  assert.doesNotMatch(printed, /warning/i);
  console.log(`Node ${process.version}\n${printed.trim()}`);
});
