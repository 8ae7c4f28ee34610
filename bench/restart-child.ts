/** One restart of `restart.ts` in a process of its own. Prints one line of JSON. */
import { setTimeout as sleep } from "node:timers/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Controller } from "@bridge/controller";
import { common } from "./controller-parts.ts";
import { fakeMachines } from "./fake-machines.ts";

const [file = "", ledgerId = "", countText = "0"] = process.argv.slice(2);
const count = Number(countText);
const pollSeconds = 5;
const intervals = 4;

const memory = () => {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMib: rss / 1_048_576, heapMib: heapUsed / 1_048_576 };
};

const { backend, calls } = fakeMachines(ledgerId, count, { pollSeconds });
let watched = 0;
const idle = memory();
const startedMs = performance.now();
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
const controller = await Controller.open({
  ...common, backends: [backend], ledger: { file, create: "never" },
  probe: ({ kind, moment }) => {
    if (kind === "watch" && moment === "sent") watched += 1;
  },
});
const openedMs = performance.now();
await controller.start();
while (watched < count) await sleep(5);
const watchedMs = performance.now();
const callsUntilWatched = calls();
// The first sweep and the first lists are over by then.
await sleep(2 * pollSeconds * 1000);
const longestPauseMs = delay.max / 1e6;
const before = { calls: calls(), cpu: process.cpuUsage() };
await sleep(intervals * pollSeconds * 1000);
const { user, system } = process.cpuUsage(before.cpu);
const { strangers, stranded, grants } = await controller.overview();
if (strangers.length + stranded.length > 0 || grants.running !== count) throw new Error(`${strangers.length} strangers, ${stranded.length} stranded, ${grants.running} of ${count} running`);
const { rssMib, heapMib } = memory();
console.log(JSON.stringify({
  openSeconds: (openedMs - startedMs) / 1000, watchedSeconds: (watchedMs - startedMs) / 1000, callsUntilWatched, callsPerInterval: (calls() - before.calls) / intervals,
  cpuShare: (user + system) / 1e6 / (intervals * pollSeconds), longestPauseMs, rssMib: rssMib - idle.rssMib, heapMib: heapMib - idle.heapMib,
}));
process.exit(0);
