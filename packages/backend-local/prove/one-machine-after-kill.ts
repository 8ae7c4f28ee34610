/** kill -9 of the maker at any moment of a provision: the same provision again gives one machine, the same. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Fleet } from "@bridge/core";
import { local } from "@bridge/backend-local";

const maker = fileURLToPath(new URL("./maker.ts", import.meta.url));
const stateDirectory = mkdtempSync(join(tmpdir(), "bridge-prove-"));
const masterSecret = "prove ".repeat(8);
const validTo = Math.floor(Date.now() / 1000) + 600;

interface Made {
  readonly instanceId: string;
  readonly sshPort: number;
  readonly hostKey: string;
}

function startMaker(requestId: string, kill: string): ChildProcess {
  return spawn(process.execPath, [maker, JSON.stringify({ stateDirectory, masterSecret, requestId, kill, validTo })], { stdio: ["ignore", "pipe", "inherit"] });
}

/** Lets a maker run to its end or to its kill; undefined when it was killed. */
async function make(requestId: string, kill = "", afterMs?: number): Promise<Made | undefined> {
  const child = startMaker(requestId, kill);
  let out = "";
  child.stdout?.on("data", (chunk) => { out += String(chunk); });
  const exited = once(child, "exit");
  if (afterMs !== undefined) {
    // Counted from the moment in which the maker begins to provision, not from its start-up.
    for (let i = 0; i < 1000 && !out.includes("begin"); i++) await sleep(2);
    await sleep(afterMs);
    child.kill("SIGKILL");
  }
  await exited;
  const line = out.split("\n").find((text) => text.startsWith("{"));
  return line === undefined ? undefined : JSON.parse(line) as Made; // printed by maker.ts
}

const fleet = new Fleet({ owner: "prove", masterSecret, backends: [local({ stateDirectory })] });
const rows: string[] = [];
let failed = 0;

/** How often the workload has started; it writes one character each time, soon after. */
async function startsOf(instanceId: string): Promise<number> {
  const path = join(stateDirectory, "instances", instanceId, "work", "starts");
  for (let i = 0; i < 100 && !existsSync(path); i++) await sleep(20);
  await sleep(100); // a second start would come now
  return existsSync(path) ? readFileSync(path, "utf8").length : 0;
}

async function check(point: string, requestId: string, kill: string, afterMs?: number): Promise<void> {
  const before = await make(requestId, kill, afterMs);
  const alive = (await fleet.list()).instances.filter(({ kind }) => kind === "machine").length;
  const made = await make(requestId);
  const again = await make(requestId);
  const machines = (await fleet.list()).instances.filter(({ kind, state }) => kind === "machine" && state === "running");
  const [machine] = machines;
  const started = machine === undefined ? 0 : await startsOf(machine.instanceId);
  const good = machines.length === 1 && started === 1 && made !== undefined && made.instanceId === machine?.instanceId
    && JSON.stringify(made) === JSON.stringify(again) && (before === undefined || JSON.stringify(before) === JSON.stringify(made));
  if (!good) failed += 1;
  rows.push(`${good ? "ok  " : "FAIL"} ${point.padEnd(28)} killed: ${before === undefined ? "yes" : "no "}  machines after the kill: ${alive}  after the same provision: ${machines.length}  workload starts: ${started}`);
  console.log(rows.at(-1));
  for (const each of machines) await fleet.terminate(each);
}

const hooks = ["onAttempt:before", "onAttempt:after", "mayCreate", "onCreated:before", "onCreated:after", "onReady:before", "onReady:after"];
for (const hook of hooks) await check(hook, `hook ${hook}`, hook);
// No place is chosen by hand: the whole of a provision is swept, a kill every few milliseconds.
const started = performance.now();
await make("length", "");
const lengthMs = performance.now() - started;
for (const each of (await fleet.list()).instances) await fleet.terminate(each);
const points = Number(process.env["BRIDGE_PROVE_POINTS"] ?? 30);
for (let i = 0; i < points; i++) {
  const afterMs = Math.round((i * lengthMs) / points);
  await check(`${afterMs} ms`, `sweep ${i}`, "", afterMs);
}
const { instances } = await fleet.list();
if (instances.length > 0) failed += 1;
await fleet.close();
const left = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").includes(stateDirectory);
  } catch {
    return false;
  }
}).length;
rmSync(stateDirectory, { recursive: true, force: true });
console.log(`${rows.length} kill points (${hooks.length} hooks, ${points} over the ${lengthMs.toFixed(0)} ms of a provision), ${failed} failed; left at the end: ${instances.length} instances, ${left} processes`);
process.exit(failed === 0 ? 0 : 1);
