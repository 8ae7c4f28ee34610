/** Two copies of core in one process: each recognises the other's errors, and a Fleet of one routes by the errors of the other. */
import assert from "node:assert/strict";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { withConsumerProject } from "../src/consumer-project.ts";
import { mustRun } from "../src/run-command.ts";

const script = `
import assert from "node:assert/strict";
import * as one from "./one/node_modules/@bridge/core/dist/index.js";
import * as two from "./two/node_modules/@bridge/core/dist/index.js";
import { defineBackend } from "./two/node_modules/@bridge/core/dist/backend/index.js";

assert.notEqual(one.BridgeError, two.BridgeError, "there is only one copy");
const error = new two.BridgeError("no_capacity", "sold out", { outcome: "none" });
assert.ok(!(error instanceof one.BridgeError));
assert.ok(one.isBridgeError(error) && two.isBridgeError(new one.BridgeError("aborted", "stop")));
assert.equal(one.toBridgeError(error), error);

const placement = { scope: "s", region: "r", size: "small", resolved: {} };
const tried = [];
const plugin = defineBackend({
  contract: 1, name: "full",
  optionsSchema: { "~standard": { version: 1, vendor: "prove", validate: (value) => Object.keys(value ?? {}).length === 0 ? { value: {} } : { issues: [{ message: "unknown option", path: Object.keys(value) }] } } },
  facts: { idempotency: "name", settleSeconds: 0, createTimeoutSeconds: 1, readyTimeoutSeconds: 1, exitCode: "always", deadline: "platform" },
  create: (options, { name }) => ({
    name,
    capabilities: async () => ({ regions: ["r"], tdxCapable: false, maxCpuMillicores: 1000, maxRamMib: 1000 }),
    canSatisfy: () => true,
    placements: async () => [placement],
    provision: async () => { tried.push(name); throw new two.BridgeError("no_capacity", "sold out", { outcome: "none" }); },
    watchUntilExit: async () => { throw new Error("unused"); },
    terminate: async () => { throw new Error("outcome none needs no terminate"); },
    list: async () => ({ scopes: [], instances: [] }),
  }),
});
const fleet = new one.Fleet({ owner: "prove", masterSecret: "prove ".repeat(8), backends: [{ plugin, options: {}, name: "first" }, { plugin, options: {}, name: "second" }] });
const grant = { requestId: "1", issuer: "prove", providerId: "prove", validFrom: 0, validTo: Math.floor(Date.now() / 1000) + 60,
  manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: "amd64", tdx: "none", regions: [] } };
const failure = await fleet.provisionForGrant(grant, {}, { makeRequesterKey: true }).then(() => undefined, (reason) => reason);
assert.ok(two.isBridgeError(failure), String(failure?.stack ?? failure));
assert.deepEqual(tried, ["first", "second"], "an error with outcome none falls through to the next backend");
console.log(JSON.stringify({ code: failure.code, tried, message: failure.message }));
`;

await withConsumerProject(["@bridge/core"], [], async ({ folder, write }) => {
  for (const copy of ["one", "two"]) {
    await mkdir(join(folder, copy));
    await cp(join(folder, "node_modules"), join(folder, copy, "node_modules"), { recursive: true });
  }
  const printed = await mustRun(process.execPath, [await write("two-copies.mjs", script)], { folder });
  assert.match(printed, /"tried":\["first","second"\]/);
  console.log("two copies of @bridge/core in one process: errors recognised both ways");
  console.log(`a Fleet of the one over backends of the other: ${printed.trim()}`);
});
