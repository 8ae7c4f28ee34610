import type { RawMachine } from "@bridge/backend-kit";
import type { ApiMachine, ApiSize, ApiVolume } from "./api.ts";

/**
 * What the kit is told of one machine. One that has powered itself off can never run again, so its workload has `ended`; it
 * is still there and billed, so it is listed a second time as something that is left to be deleted.
 */
export function rawMachines(machine: ApiMachine, size: ApiSize | undefined): readonly RawMachine[] {
  const { id, region, labels, status, address, sshPort, createdAtMs, offAtMs } = machine;
  const raw: RawMachine = {
    id, region, size: machine.size, tags: labels, createdAtMs,
    state: status === "off" ? "ended" : status === "deleting" ? "ending" : status,
    ...(address === undefined ? {} : { host: address }),
    ...(sshPort === undefined ? {} : { sshPort }),
    ...(offAtMs === undefined ? {} : { endedAtMs: offAtMs }),
    ...(size === undefined ? {} : { cpuMillicores: size.cpuMillicores, ramMib: size.ramMib }),
  };
  return status === "off" ? [raw, { id, kind: "other", region, state: "running", tags: labels }] : [raw];
}

/** What the kit is told of one volume. */
export function rawVolume({ id, region, labels }: ApiVolume): RawMachine {
  return { id, kind: "disk", region, state: "running", tags: labels };
}
