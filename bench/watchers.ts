/** 10,000 watchers on one poller, beside a loop that polls each: memory above idle, share of a core, listing calls. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { printTable } from "./table.ts";

interface Reading {
  readonly rssMib: number;
  readonly cpuShare: number;
  readonly callsPerInterval: number;
}

const counts = [0, 1, 100, 1000, 10_000];
const child = fileURLToPath(new URL("./watchers-child.ts", import.meta.url));

function measure(mode: "shared" | "each", watchers: number): Reading {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", child, mode, String(watchers)], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Reading; // the child prints exactly this
}

const idle = measure("shared", 0);
const rows = (["shared", "each"] as const).flatMap((mode) => counts.filter((count) => count > 0).map((count) => {
  const { rssMib, cpuShare, callsPerInterval } = measure(mode, count);
  return { what: mode === "shared" ? "shared poller" : "a loop for each", watchers: count, "MiB above idle": rssMib - idle.rssMib, "% of a core": cpuShare * 100, "calls/interval": callsPerInterval, "calls / watcher": callsPerInterval / count };
}));
printTable(`Watching, one list every 5 s, 1,000 machines a page (idle process: ${idle.rssMib.toFixed(0)} MiB)`, rows);
