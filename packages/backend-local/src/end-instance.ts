import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError } from "@bridge/core/backend";
import { isAlive, signalProcess } from "./process/identity.ts";
import { killMembers } from "./process/members.ts";
import type { InstanceDirectory } from "./state/state-directory.ts";

const graceMs = 3000;
const boundMs = 10_000;
const stepMs = 20;

async function until(condition: () => boolean, ms: number): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += stepMs) {
    if (condition()) return true;
    await sleep(stepMs);
  }
  return condition();
}

/**
 * Ends an instance and removes all of it but its claim, which keeps the attempt from being made again. Idempotent.
 *
 * @throws BridgeError `timeout` when a process does not go away.
 */
export async function endInstance(directory: InstanceDirectory): Promise<void> {
  const claim = directory.readClaim();
  if (claim?.kind !== "machine" || directory.isClosed) return;
  const ended = () => !isAlive(claim.process);
  signalProcess(claim.process, "SIGTERM");
  if (!(await until(ended, graceMs))) signalProcess(claim.process, "SIGKILL");
  const gone = await until(() => ended() && !killMembers(claim.mark), boundMs);
  if (!gone) throw new BridgeError("timeout", `processes of instance ${claim.id} do not end`);
  directory.close();
}
