import { setTimeout as sleep } from "node:timers/promises";
import type { ExitRecord } from "@bridge/core/backend";
import { identify } from "../process/identity.ts";
import { instanceVariable, killMembers } from "../process/members.ts";
import type { InstanceDirectory } from "../state/state-directory.ts";
import type { AgentSpec } from "./agent-spec.ts";
import { untilDeadline } from "./deadline.ts";
import { startGuardian } from "./guardian.ts";
import { Meter } from "./meter.ts";
import { serveSsh } from "./ssh-server.ts";
import { Workload } from "./workload.ts";

const meterIntervalMs = 1000;

/** Claims the attempt and is its machine until the workload ends, the deadline passes or SIGTERM arrives. */
export async function runAgent(spec: AgentSpec, directory: InstanceDirectory): Promise<void> {
  const meter = new Meter(spec.mark);
  const workload = new Workload(spec, directory);
  const ssh = await serveSsh(spec, directory, workload);
  const self = identify(process.pid);
  if (self === undefined) throw new Error("this system does not tell a process's start time");
  const { id, mark, region, size, cpuMillicores, ramMib, tags, deadlineMs } = spec;
  const claimed = directory.claim({ kind: "machine", id, mark, region, size, cpuMillicores, ramMib, tags, deadlineMs, process: self, port: ssh.port, createdAtMs: Date.now() });
  if (!claimed) return ssh.close(); // another process is the machine of this attempt, or there must be none

  startGuardian(`${instanceVariable}=${mark}`);
  const ending = Promise.withResolvers<ExitRecord>();
  process.once("SIGTERM", () => ending.resolve({ reason: "terminated" }));
  process.once("SIGINT", () => ending.resolve({ reason: "terminated" }));
  const record = (exit?: ExitRecord) => {
    // A folder that was removed by hand is not made again: what nobody can list must not live.
    if (directory.readClaim() === undefined) return ending.resolve({ reason: "lost" });
    try {
      directory.writeStatus({ atMs: Date.now(), usage: meter.read(), ...(exit === undefined ? {} : { exit }) });
    } catch (error) {
      console.error("the status could not be written", error); // the next reading tries again
    }
  };
  const readings = setInterval(() => record(workload.exit), meterIntervalMs);
  record();
  const finished = workload.exited.then(async (exit) => {
    record(exit);
    await sleep(spec.lingerSeconds * 1000);
    return exit;
  });
  const exit = await Promise.race([ending.promise, finished, untilDeadline(deadlineMs).then((): ExitRecord => ({ reason: "deadline" }))]);
  clearInterval(readings);
  record(workload.exit ?? exit);
  ssh.close();
  killMembers(mark, process.pid);
  process.exit(0);
}
