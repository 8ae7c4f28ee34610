/** One measurement of `watchers.ts` in a process of its own. Prints one line of JSON. */
import { setTimeout as sleep } from "node:timers/promises";
import { defineMachineBackend, type RawMachine } from "@bridge/backend-kit";
import { createAlmanac, encodeTags, type InstanceRef } from "@bridge/core/backend";

const [mode = "", countText = "0"] = process.argv.slice(2);
const count = Number(countText);
const pollSeconds = 5;
const pageSize = 1000;
const measureSeconds = 10;
const scope = "bench";
const nowMs = Date.now();
const deadlineMs = nowMs + 86_400_000;
let calls = 0;

const keyOf = (index: number): string => index.toString(36).padStart(26, "a").replace(/[0189]/g, "b");
const machineOf = (index: number): RawMachine => ({
  id: `i-${index}`, region: "r", state: "running", host: "127.0.0.1", createdAtMs: nowMs, cpuMillicores: 1000, ramMib: 1024,
  tags: encodeTags({ owner: "bench", ledgerId: "none", backend: "bench", requestKey: keyOf(index), attempt: index + 1, deadlineMs }),
});

/** A platform answers with fresh objects, a page at a time. */
async function listAll(): Promise<readonly RawMachine[]> {
  const machines: RawMachine[] = [];
  for (let start = 0; start === 0 || start < count; start += pageSize) {
    calls += 1;
    for (let i = start; i < Math.min(count, start + pageSize); i++) machines.push(machineOf(i));
    await new Promise(setImmediate);
  }
  return machines;
}

const plugin = defineMachineBackend({
  name: "bench",
  optionsSchema: { "~standard": { version: 1, vendor: "bench", validate: (value: unknown) => (typeof value === "object" && value !== null && Object.keys(value).length > 0 ? { issues: [{ message: "unknown key" }] } : { value: {} }) } },
  facts: { idempotency: "name", settleSeconds: 30, createTimeoutSeconds: 60, readyTimeoutSeconds: 60, exitCode: "never", deadline: "reaper" },
  isolation: "vm",
  pollSeconds,
  connect: () => ({
    scopes: async () => [scope],
    capabilities: async () => ({ regions: ["r"], tdxCapable: false, maxCpuMillicores: 1, maxRamMib: 1 }),
    placements: async () => [],
    create: async () => { throw new Error("creates nothing"); },
    list: listAll,
    destroy: async () => {},
    mapError: () => undefined,
  }),
});
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const backend = plugin.create({}, { name: "bench", owner: "bench", ledgerId: "none", log: silent, now: Date.now, almanac: createAlmanac() });

async function pollEach(index: number): Promise<void> {
  for (;;) {
    calls += 1;
    await new Promise(setImmediate);
    if (machineOf(index).state !== "running") return;
    await sleep(pollSeconds * 1000, undefined, { ref: false });
  }
}

const stop = new AbortController();
const refOf = (index: number): InstanceRef => ({
  backend: "bench", scope, requestKey: keyOf(index), attempt: index + 1, intentAtMs: nowMs, instanceId: `i-${index}`,
  placement: { scope, region: "r", size: "s", resolved: {} },
});
const watches = Array.from({ length: count }, (_, i) => (mode === "shared"
  ? backend.watchUntilExit(refOf(i), Math.ceil(deadlineMs / 1000), { signal: stop.signal }).catch(() => {})
  : pollEach(i)));
await sleep(2 * pollSeconds * 1000);
calls = 0;
const cpu = process.cpuUsage();
await sleep(measureSeconds * 1000);
const { user, system } = process.cpuUsage(cpu);
const callsPerInterval = calls / (measureSeconds / pollSeconds);
globalThis.gc?.();
const rssMib = process.memoryUsage().rss / 1_048_576;
console.log(JSON.stringify({ rssMib, cpuShare: (user + system) / 1e6 / measureSeconds, callsPerInterval, watches: watches.length }));
process.exit(0);
