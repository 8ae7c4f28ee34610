/** Several processes provision the same attempt at once: one machine, and all of them get it. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Fleet } from "@bridge/core";
import { local } from "@bridge/backend-local";

const maker = fileURLToPath(new URL("./maker.ts", import.meta.url));
const stateDirectory = mkdtempSync(join(tmpdir(), "bridge-prove-"));
const masterSecret = "prove ".repeat(8);
const validTo = Math.floor(Date.now() / 1000) + 600;
const fleet = new Fleet({ owner: "prove", masterSecret, backends: [local({ stateDirectory })] });

async function make(requestId: string): Promise<string> {
  const child = spawn(process.execPath, [maker, JSON.stringify({ stateDirectory, masterSecret, requestId, kill: "", validTo })], { stdio: ["ignore", "pipe", "inherit"] });
  return (await text(child.stdout)).split("\n").find((line) => line.startsWith("{")) ?? "nothing";
}

let failed = 0;
for (let round = 1; round <= 5; round++) {
  const makers = round < 5 ? 2 : 6;
  const made = await Promise.all(Array.from({ length: makers }, () => make(`round ${round}`)));
  const machines = (await fleet.list()).instances.filter(({ kind }) => kind === "machine");
  const [machine] = machines;
  const starts = machine === undefined ? 0 : readFileSync(join(stateDirectory, "instances", machine.instanceId, "work", "starts"), "utf8").length;
  const good = machines.length === 1 && starts === 1 && new Set(made).size === 1 && made[0] !== "nothing";
  if (!good) failed += 1;
  console.log(`${good ? "ok  " : "FAIL"} round ${round}: ${makers} processes, ${machines.length} machine, ${new Set(made).size} answer, workload starts: ${starts}`);
  for (const each of machines) await fleet.terminate(each);
}
const left = (await fleet.list()).instances.length;
await fleet.close();
rmSync(stateDirectory, { recursive: true, force: true });
console.log(`5 rounds, ${failed} failed; left at the end: ${left}`);
process.exit(failed === 0 && left === 0 ? 0 : 1);
