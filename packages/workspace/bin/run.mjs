#!/usr/bin/env node
// Entry of the root scripts. Runs on the Node that npm came with (20 or newer): installs, builds, and hands over to the
// pinned Node of the workspace.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SetUpError, buildPackages, installPackages, pinnedEnvironment, root } from "./set-up.mjs";

const sources = "packages/workspace/src";
const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", "packages/workspace/vitest.config.ts"];
const bridge = () => join("apps/bridge", JSON.parse(readFileSync(join(root, "apps/bridge/package.json"), "utf8")).bin.bridge);

/** @type {Record<string, { build: string[], runs: (rest: string[]) => string[][], environment?: Record<string, string> }>} */
const commands = {
  "demo": { build: ["--filter=@bridge/cli..."], runs: (rest) => [[bridge(), "demo", ...rest]] },
  "test": { build: [], runs: (rest) => [[...vitest, ...rest]] },
  "test:crash": { build: [], runs: (rest) => [[`${sources}/crash/main.ts`, ...rest]] },
  "test:peers": { build: [], runs: (rest) => [["packages/backend-aws/peers/main.ts", ...rest]] },
  "check": { build: [], runs: (rest) => [[`${sources}/check/main.ts`, ...rest]] },
  "prove": { build: [], runs: (rest) => [[`${sources}/scripts/main.ts`, "prove", ...rest]] },
  "bench": { build: [], runs: (rest) => [[`${sources}/scripts/main.ts`, "bench", ...(rest.length > 0 ? rest : ["--all"])]] },
  "test:all": {
    build: [],
    runs: (rest) => [[`${sources}/check/main.ts`], [`${sources}/scripts/main.ts`, "prove", "--all"], [`${sources}/crash/main.ts`], [...vitest, ...rest]],
    environment: { BRIDGE_TEST_ALL: "1" },
  },
};

/** @param {string[]} parameters @param {NodeJS.ProcessEnv} environment @returns {Promise<number>} */
function runPinnedNode(parameters, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn("node", parameters, { cwd: root, env: environment, stdio: "inherit" });
    // A terminal sends Ctrl-C to the child too, which decides what it means; everything else must be passed on to it.
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
      process.on(signal, () => void (signal !== "SIGINT" || !process.stdin.isTTY ? child.kill(signal) : undefined));
    }
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

const [name = "", ...rest] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`usage: npm run ${Object.keys(commands).join(" | ")}`);
  process.exit(2);
}
try {
  const installSeconds = installPackages();
  const buildSeconds = buildPackages(command.build);
  console.error(`set-up ${installSeconds.toFixed(1)} s, build ${buildSeconds.toFixed(1)} s`);
  for (const parameters of command.runs(rest)) {
    const code = await runPinnedNode(parameters, { ...pinnedEnvironment(), ...command.environment });
    process.exitCode ||= code;
  }
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
