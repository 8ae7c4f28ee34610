/** A restart with up to 10,000 running grants: seconds until all are watched, platform calls, memory above idle, share of a core. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { withFile } from "./controller-parts.ts";
import { fillLedger, pageSize } from "./fake-machines.ts";
import { printTable } from "./table.ts";

interface Reading {
  readonly openSeconds: number;
  readonly watchedSeconds: number;
  readonly callsUntilWatched: number;
  readonly callsPerInterval: number;
  readonly cpuShare: number;
  readonly longestPauseMs: number;
  /** Both above the idle process. */
  readonly rssMib: number;
  readonly heapMib: number;
}

const child = fileURLToPath(new URL("./restart-child.ts", import.meta.url));

const restart = (count: number): Promise<Reading> => withFile(async (file) => {
  const ledgerId = await fillLedger(file, count);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", child, file, ledgerId, String(count)], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Reading; // the child prints exactly this
});

const rows: Readonly<Record<string, string | number>>[] = [];
for (const count of [100, 1000, 10_000]) {
  const { openSeconds, watchedSeconds, callsUntilWatched, callsPerInterval, cpuShare, longestPauseMs, rssMib, heapMib } = await restart(count);
  rows.push({
    "running grants": count, "s to open": openSeconds, "s to watch all": watchedSeconds, "calls by then": callsUntilWatched, "calls/interval": callsPerInterval, "x pages": callsPerInterval / Math.ceil(count / pageSize),
    "% of a core": cpuShare * 100, "longest pause ms": longestPauseMs, "RSS MiB": rssMib, "heap MiB": heapMib,
  });
}
printTable("Restart on a backend of the kit, one list every 5 s, 1,000 machines a page; memory above the idle process", rows);
