import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { addToCountsFile } from "../counts.ts";
import { root } from "../workspace.ts";

/** CI lives through the same histories each time, so that a red one is due to the change; everybody else explores. */
const seedOnCi = 1696654089;

// Both halves of the crash matrix: real processes that are killed, and simulated histories.
const { values } = parseArgs({ options: { histories: { type: "string", default: "100000" }, seed: { type: "string", default: String(process.env["CI"] === undefined ? randomInt(1, 2 ** 31) : seedOnCi) } } });
const kill = "packages/controller/crash/kill/main.ts";
const simulate = "packages/controller/crash/simulate/main.ts";

/** Runs a program; true when it ended with 0. */
const succeeds = (path: string, parameters: readonly string[] = []): boolean => {
  console.log(`── ${path} ${parameters.join(" ")}`);
  return spawnSync(process.execPath, [path, ...parameters], { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
};

// The first counts its own deaths.
if (!succeeds(kill, ["--seed", values.seed])) process.exitCode = 1;
if (existsSync(join(root, simulate))) {
  const holds = succeeds(simulate, ["--histories", values.histories, "--seed", values.seed]);
  if (!holds) process.exitCode = 1;
  addToCountsFile({ passed: holds ? 1 : 0, failed: holds ? 0 : 1, skipped: 0 });
} else {
  console.log(`\n!!! ${simulate} IS MISSING: no history was simulated, only processes were killed !!!`);
}
