import type { RawMachine } from "@bridge/backend-kit";
import { isAlive } from "./process/identity.ts";
import { membersOf } from "./process/members.ts";
import type { InstanceDirectory } from "./state/state-directory.ts";

/** Address at which all instances answer. */
export const listenHost = "127.0.0.1";

/**
 * What there is of one instance: the machine, and when it has ended what it left (its folder, processes that outlived it),
 * until it is closed.
 */
export function listInstance(directory: InstanceDirectory): readonly RawMachine[] {
  const claim = directory.readClaim();
  if (claim === undefined || claim.kind === "forbidden" || directory.isClosed) return [];
  const { id, mark, region, size, tags, createdAtMs, cpuMillicores, ramMib } = claim;
  // The process is looked at first: one that ends in between has then already written its last status.
  const alive = isAlive(claim.process);
  const status = directory.readStatus();
  const machine = {
    id, region, size, tags, createdAtMs, cpuMillicores, ramMib,
    ...(status === undefined ? {} : { usage: { ...status.usage, networkRxBytes: unknown, networkTxBytes: unknown } }),
  };
  if (alive) return [{ ...machine, state: "running", host: listenHost, sshPort: claim.port, ...(status?.exit === undefined ? {} : { exit: status.exit }) }];
  const remnant = { region, tags, state: "running", createdAtMs } as const;
  return [
    { ...machine, state: "ended", exit: status?.exit ?? { reason: "lost" }, ...(status === undefined ? {} : { endedAtMs: status.atMs }) },
    { ...remnant, id: `${id}/folder`, kind: "other" },
    ...(membersOf(mark).length === 0 ? [] : [{ ...remnant, id: `${id}/processes`, kind: "process" } as const]),
  ];
}

const unknown = { source: "unknown" } as const;
