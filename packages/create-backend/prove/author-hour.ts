/** From packed tarballs alone, in empty folders: a new backend is made, installed with npm, pnpm and yarn, passes its lint, types and conformance, and serves a grant. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { useTarballs, withConsumerProject } from "../../workspace/src/consumer-project.ts";
import { mustRun, runCommand } from "../../workspace/src/run-command.ts";
import { root } from "../../workspace/src/workspace.ts";

const ours = ["@bridge/core", "@bridge/backend-kit", "@bridge/backend-local", "@bridge/conformance", "@bridge/create-backend", "@bridge/cli"];
const startedAtMs = performance.now();
const say = (text: string) => console.log(`${((performance.now() - startedAtMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);

/** The closing line of a run of the kit, which must have gone well. */
function passed(printed: string): string {
  const summary = /^acme: .*$/m.exec(printed)?.[0] ?? printed;
  assert.match(summary, /^acme: \d+ passed, 0 failed, 0 different/);
  return summary;
}

/** Runs the kit's command in a generated package. */
const conformance = (folder: string, words: readonly string[]): Promise<string> =>
  mustRun(process.execPath, ["node_modules/@bridge/conformance/bin/bridge-conformance.js", ...words], { folder, timeoutSeconds: 800 });

/** Puts the example of one file into a generated package, with a subject of its own. */
function useExample(folder: string): string {
  copyFileSync(join(root, "examples/backend-minimal/backend.ts"), join(folder, "backend.ts"));
  const subject = readFileSync(join(folder, "test/subject.ts"), "utf8");
  writeFileSync(join(folder, "test/minimal-subject.ts"), subject.replaceAll("../src/index.ts", "../backend.ts"));
  return "./test/minimal-subject.ts";
}

/** A grant that is served by the new backend, with the command line of the tarballs. */
async function serveGrant(folder: string, bridge: string): Promise<void> {
  const platform: ChildProcess = spawn(process.execPath, ["test-platform/main.ts", "0"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = await once(platform.stdout ?? assert.fail("no output"), "data", { signal: AbortSignal.timeout(20_000) }) as [Buffer]; // what a stream emits
    const [endpoint = ""] = /http:\S+(?=,)/.exec(line.toString()) ?? [];
    const nowSeconds = Math.floor(Date.now() / 1000);
    const grant = {
      requestId: "hour-1", issuer: "issuer.example", providerId: "provider.example", validFrom: nowSeconds, validTo: nowSeconds + 600,
      manifest: { cpuMillicores: 500, ramMib: 256, storageGib: 0, arch: "amd64", tdx: "none", regions: ["north"] },
    };
    const config = {
      owner: "author", providerId: "provider.example", masterSecret: { env: "BRIDGE_MASTER_SECRET" },
      backends: [{ use: "./src/index.ts", options: { endpoint, token: { env: "ACME_TOKEN" } } }],
    };
    writeFileSync(join(folder, "grant.json"), JSON.stringify(grant));
    writeFileSync(join(folder, "bridge.yaml"), JSON.stringify(config));
    const environment = { ACME_TOKEN: "test-token", BRIDGE_MASTER_SECRET: "0123456789abcdef0123456789abcdef" };
    const served = await runCommand(process.execPath, [bridge, "provision", "grant.json", "--", "/bin/sh", "-c", "sleep 1; exit 7"], { folder, environment, timeoutSeconds: 120 });
    assert.equal(served.code, 4, served.output); // by its table: the workload ended with another code than 0
    assert.match(served.output, /\b7\b/);
    const list = await mustRun(process.execPath, [bridge, "list", "--json"], { folder, environment, timeoutSeconds: 60 });
    assert.doesNotMatch(list, /instanceId/);
    say(`bridge provision served a grant with it, reported the workload's exit code 7, and left nothing:\n${served.output.trim().replaceAll(/^/gm, "          ")}`);
  } finally {
    platform.kill();
  }
}

await withConsumerProject(ours, [], async ({ folder, tarballs }) => {
  say(`${tarballs.length} tarballs: ${tarballs.map(({ name, bytes }) => `${name} ${(bytes / 1024).toFixed(0)} KiB`).join(", ")}`);
  const create = join(folder, "node_modules/@bridge/create-backend/bin/create-backend.js");
  const bridge = join(folder, "node_modules/@bridge/cli/bin/bridge.js");
  const path = { PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}` };
  const managers = [
    { name: "npm", install: ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline"], run: ["npm", "run"] },
    { name: "pnpm", install: ["pnpm", "install", "--prefer-offline"], run: ["pnpm", "run"] },
    { name: "yarn", install: ["npx", "--yes", "yarn@1.22.22", "install", "--prefer-offline", "--non-interactive"], run: ["npx", "--yes", "yarn@1.22.22", "run"] },
  ];
  for (const { name, install: [installer = "", ...installWords], run: [runner = "", ...runWords] } of managers) {
    // Beside the consumer's own node_modules nothing could be found by accident in a folder of its own, far from it.
    const place = `${folder}-${name}`;
    mkdirSync(place);
    try {
      await mustRun(process.execPath, [create, "acme"], { folder: place });
      const made = join(place, "bridge-backend-acme");
      useTarballs(made, tarballs);
      await mustRun(installer, installWords, { folder: made, environment: path });
      const script = (word: string, timeoutSeconds = 120) => mustRun(runner, [...runWords, word], { folder: made, environment: path, timeoutSeconds });
      await script("lint");
      await script("types");
      await script("build");
      say(`${name}: installed; its lint, types and build are right`);
      if (name === "npm") {
        const minimal = useExample(made);
        const [tested, checked] = await Promise.all([script("test", 800), conformance(made, [minimal])]);
        say(`${name} test: ${passed(tested)}`);
        say(`examples/backend-minimal in it, unbuilt: ${passed(checked)}`);
        await serveGrant(made, bridge);
      } else {
        say(`${name}: ${passed(await conformance(made, ["./test/subject.ts", "--only", "rule 7"]))} (rule 7 only)`);
      }
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  }
});
