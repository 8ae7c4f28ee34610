/** One run of `concurrent-grants.ts` in a process of its own. Prints one line of JSON. */
import { setTimeout as sleep } from "node:timers/promises";
import { Controller, type ControllerOptions } from "@bridge/controller";
import { memory } from "@bridge/core/memory";
import { common, envelope, grantOf } from "./controller-parts.ts";
import { fakeMachines } from "./fake-machines.ts";
import { shortLived } from "./short-lived.ts";

const [mode = "", file = "", ledgerId = "", countText = "", secondsText = "", readings = ""] = process.argv.slice(2);
const [count, seconds] = [Number(countText), Number(secondsText)];
const lifeSeconds = 20;
const backends: Readonly<Record<string, () => ControllerOptions["backends"]>> = {
  memory: () => [memory()],
  machines: () => [fakeMachines(ledgerId, count, { pollSeconds: 5 }).backend],
  turnover: () => [shortLived(lifeSeconds)],
};
// Ten times as many samples and sweeps as usual, so that a minute shows what ten would.
const controller = await Controller.open({ ...common, backends: backends[mode]?.() ?? [], ledger: { file }, settings: { sampleSeconds: 6, sweepSeconds: 6 } });
await controller.start();
let next = 0;
const submit = async () => (await controller.submitTrusted(grantOf(next++), envelope)).requestKey;
/** As soon as one is over, the next comes. */
const replace = async () => {
  for (;;) await controller.waitFor(await submit(), "settled");
};
if (mode === "memory") for (const key of await Promise.all(Array.from({ length: count }, submit))) await controller.waitFor(key, "running");
if (mode === "turnover") {
  for (let i = 0; i < count; i++) {
    void replace();
    await sleep(lifeSeconds * 1000 / count);
  }
}
const rows: object[] = [];
for (let i = 0; i <= Number(readings); i++) {
  if (i > 0) await sleep(seconds * 1000 / Number(readings));
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const { grants } = await controller.overview();
  rows.push({ rssMib: rss / 1_048_576, heapMib: heapUsed / 1_048_576, running: grants.running, settled: grants.settled });
}
console.log(JSON.stringify(rows));
process.exit(0);
