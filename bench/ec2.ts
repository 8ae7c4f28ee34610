/** The AWS backend on a fake EC2: calls per provision and per interval, 200 provisions at once under EC2's token buckets, import time and memory. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { LoggedCall } from "@bridge/fake-clouds";
import { grantOf } from "./controller-parts.ts";
import { awsOn, countOf, envelope, fleetOn, optionsOf, pollSeconds, withEc2 } from "./ec2-parts.ts";
import { bareRush, pacedRush } from "./ec2-rush.ts";
import { watching } from "./ec2-watching.ts";
import { median, printTable } from "./table.ts";

const machineCounts = [1, 100, 1000, 5000];
const rushCount = 200;
const runs = 5;
/** EC2's refill of lists, per second. */
const readsPerSecond = 20;

/** A provision of a process that has just begun, and the next. */
async function callsPerProvision(): Promise<void> {
  await withEc2({}, async (server) => {
    await using fleet = fleetOn(awsOn(server, { settleSeconds: 5 }));
    const phases: (readonly LoggedCall[])[] = [];
    const phase = async <T>(run: () => Promise<T>): Promise<T> => {
      const before = (await server.control.calls()).length;
      const result = await run();
      phases.push((await server.control.calls()).slice(before));
      return result;
    };
    const [first, second] = [await phase(() => fleet.provisionForGrant(grantOf(0), envelope)), await phase(() => fleet.provisionForGrant(grantOf(1), envelope))];
    await phase(() => fleet.terminate(first));
    await fleet.terminate(second);
    const [cold = {}, warm = {}, end = {}] = phases.map(countOf);
    const actions = [...new Set([cold, warm, end].flatMap(Object.keys))].sort();
    const total = (of: Readonly<Record<string, number>>) => Object.values(of).reduce((sum, calls) => sum + calls, 0);
    const row = (action: string, count: (of: Readonly<Record<string, number>>) => number) => ({ action, "first provision": count(cold), "next provision": count(warm), terminate: count(end) });
    printTable("Calls, each until it serves, and until nothing of it is left", [...actions.map((action) => row(action, (of) => of[action] ?? 0)), row("all", total)]);
  });
}

async function callsPerInterval(): Promise<void> {
  const rows = [];
  for (const count of machineCounts) {
    const { machines, shared: { DescribeInstances = 0, DescribeVolumes = 0 }, each } = await watching(count);
    const share = (calls: number) => `${((100 * calls) / (pollSeconds * readsPerSecond)).toFixed(0)} %`;
    rows.push({ machines, DescribeInstances, DescribeVolumes, "a loop for each": each, "times as many": each / (DescribeInstances + DescribeVolumes), "of EC2's rate": share(DescribeInstances + DescribeVolumes), "a loop's": share(each) });
  }
  printTable(`Calls per interval of ${pollSeconds} s while so many machines are watched`, rows);
}

async function rush(): Promise<boolean> {
  const rushes = [await bareRush(rushCount), await pacedRush(rushCount)];
  printTable(`${rushCount} provisions at once under EC2's token buckets (5 at once and 2 a second: at least ${(rushCount - 5) / 2} s)`, rushes.map(({ what, served, throttled, seconds, calls: { RunInstances = 0, DescribeInstances = 0, TerminateInstances = 0 } }) => ({ what, served, throttled, "s until all serve": seconds, RunInstances, DescribeInstances, TerminateInstances })));
  return rushes.at(-1)?.throttled === 0 && rushes.at(-1)?.served === rushCount;
}

interface Reading {
  readonly ms: number;
  readonly rssMib: number;
  readonly sdkModules: number;
}
const child = fileURLToPath(new URL("./ec2-child.ts", import.meta.url));

async function importCost(): Promise<void> {
  await withEc2({ machines: "none" }, async (server) => {
    const measure = async (mode: string): Promise<Reading> => {
      const { stdout } = await promisify(execFile)(process.execPath, [child, mode, JSON.stringify(optionsOf(server))]);
      return JSON.parse(stdout) as Reading; // the child prints exactly this
    };
    const modes = { nothing: "core and kit alone", import: "and the backend, made", use: "and used: capabilities, list" };
    const rows = [];
    for (const [mode, what] of Object.entries(modes)) {
      const readings: Reading[] = [];
      for (let run = 0; run < runs; run++) readings.push(await measure(mode));
      const of = (member: keyof Reading) => median(readings.map((reading) => reading[member]));
      rows.push({ what, ms: of("ms"), MiB: of("rssMib"), "modules of the SDK": of("sdkModules") });
    }
    printTable(`Import, median of ${runs}`, rows);
  });
}

await importCost();
await callsPerProvision();
await callsPerInterval();
process.exitCode = await rush() ? 0 : 1;
