import type { MachineSize, RawMachine } from "@bridge/backend-kit";
import type { ApiServer, ApiServerType } from "./api.ts";

/** A server type in Bridge's units. Its GB are read as 10⁹ bytes, so that nothing is promised that is not there. */
export const sizeOf = ({ name, cores, memory, disk, architecture }: ApiServerType): Required<Pick<MachineSize, "name" | "cpuMillicores" | "ramMib" | "storageGib" | "arch">> => ({
  name, cpuMillicores: cores * 1000, ramMib: Math.floor(memory * 1e9 / 2 ** 20), storageGib: Math.floor(disk * 1e9 / 2 ** 30), arch: architecture === "arm" ? "arm64" : "amd64",
});

/**
 * What the kit is told of one server. One that is off has ended, but it is billed until it is deleted, so it is listed a
 * second time as what is left. While an action on it still runs (`locked`), `off` is a step on the way to its first start.
 */
export function rawMachines(sshPort: number, { id, status, locked, created, location, server_type: type, public_net: net, labels: tags }: ApiServer): readonly RawMachine[] {
  const isOff = status === "off" && !locked;
  const state = isOff ? "ended" : ["initializing", "starting", "off"].includes(status) ? "starting" : status === "deleting" ? "ending" : "running";
  const { name: size, cpuMillicores, ramMib } = sizeOf(type);
  const raw = { id: String(id), region: location.name, size, tags, state, createdAtMs: Date.parse(created), cpuMillicores, ramMib, sshPort, ...(net.ipv4 && { host: net.ipv4.ip }) } as const;
  return isOff ? [raw, { id: raw.id, kind: "other", region: raw.region, state: "running", tags }] : [raw];
}
