// An operator who installs a backend that somebody else has made, and leases a machine with it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun, runCommand } from "../../workspace/src/run-command.ts";

const masterSecret = "0123456789abcdef0123456789abcdef";

/** Starts the test platform of a generated backend as a process of its own and gives its address. */
async function startPlatform(folder: string): Promise<{ readonly endpoint: string; readonly end: () => void }> {
  const platform = spawn(process.execPath, ["test-platform/main.ts", "0"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(platform.stdout, "data", { signal: AbortSignal.timeout(20_000) }) as [Buffer]; // what a stream emits
  const [endpoint = ""] = /http:\S+(?=,)/.exec(line.toString()) ?? [];
  return { endpoint, end: () => void platform.kill() };
}

/**
 * Packs a generated backend, installs it beside the command line into an operator's empty folder, and serves a grant with it on its test
 * platform. Gives what `bridge provision` printed.
 */
export async function serveGrant(operator: string, made: string, environment: Readonly<Record<string, string>>): Promise<string> {
  await mustRun("npm", ["pack", "--pack-destination", operator], { folder: made, environment });
  await mustRun("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "@bridge/cli", "./bridge-backend-acme-0.1.0.tgz"], { folder: operator, environment });
  const { endpoint, end } = await startPlatform(made);
  try {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const grant = {
      requestId: "hour-1", issuer: "issuer.example", providerId: "provider.example", validFrom: nowSeconds, validTo: nowSeconds + 600,
      manifest: { cpuMillicores: 500, ramMib: 256, storageGib: 0, arch: "amd64", tdx: "none", regions: ["north"] },
    };
    const config = {
      owner: "author", providerId: "provider.example", masterSecret: { env: "BRIDGE_MASTER_SECRET" },
      backends: [{ use: "bridge-backend-acme", options: { endpoint, token: { env: "ACME_TOKEN" } } }],
    };
    writeFileSync(join(operator, "grant.json"), JSON.stringify(grant));
    writeFileSync(join(operator, "bridge.yaml"), JSON.stringify(config));
    const secrets = { ...environment, ACME_TOKEN: "test-token", BRIDGE_MASTER_SECRET: masterSecret };
    const bridge = (words: readonly string[]) => runCommand("npx", ["bridge", ...words], { folder: operator, environment: secrets, timeoutSeconds: 120 });
    const served = await bridge(["provision", "grant.json", "--", "/bin/sh", "-c", "sleep 1; exit 7"]);
    assert.equal(served.code, 4, served.output); // by its table: the workload ended with another code than 0
    assert.match(served.output, /\b7\b/);
    const list = await bridge(["list", "--json"]);
    assert.equal(list.code, 0, list.output);
    assert.doesNotMatch(list.output, /instanceId/);
    return served.output.trim();
  } finally {
    end();
  }
}
