/** How long `bridge --help` takes, beside `node -e 0`. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median, printTable } from "./table.ts";

const runs = 25;
const bin = fileURLToPath(new URL("../apps/bridge/bin/bridge.js", import.meta.url));

function once(args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} failed: ${stderr}`);
  return performance.now() - started;
}

const commands: readonly (readonly [string, readonly string[]])[] = [["node -e 0", ["-e", "0"]], ["bridge --help", [bin, "--help"]], ["bridge --version", [bin, "--version"]]];
const times = commands.map((): number[] => []);
// Interleaved, so that whatever else the machine does falls on all alike.
for (let i = 0; i < runs; i++) for (const [index, [, args]] of commands.entries()) times[index]?.push(once(args));
const medians = times.map(median);
const [base = Number.NaN] = medians;
printTable(`Start-up, median of ${runs}`, commands.map(([what], i) => ({ what, ms: medians[i] ?? Number.NaN, "x node -e 0": (medians[i] ?? Number.NaN) / base })));
