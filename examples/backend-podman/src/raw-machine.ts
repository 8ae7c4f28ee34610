import type { RawMachine } from "@bridge/backend-kit";
import type { Container } from "./podman.ts";

/** The label that says how large the machine is: `1000m-512`, millicores and MiB. */
export const sizeLabel = "bridge-size";

/** The name of a size. */
export const sizeName = (cpuMillicores: number, ramMib: number): string => `${cpuMillicores}m-${ramMib}`;

const states: Readonly<Record<string, RawMachine["state"]>> = {
  created: "starting", configured: "starting", initialized: "starting", running: "running", paused: "running", stopping: "running",
};

/**
 * What the kit is told of one container. One that has exited never runs again; it still holds its name and its disk, so it is listed a
 * second time, as something that is left to be removed. So is one whose removal was begun and not finished.
 */
export function rawMachines({ Id: id, State, Labels, Ports, Created, ExitedAt }: Container, { region, address }: { readonly region: string; readonly address: string }): readonly RawMachine[] {
  const tags = Labels ?? {};
  const state = states[State] ?? "ended";
  const port = Ports?.find(({ container_port: inside }) => inside === 22)?.host_port;
  const [size, cpuMillicores, ramMib] = /^(\d+)m-(\d+)$/.exec(tags[sizeLabel] ?? "") ?? [];
  const machine: RawMachine = {
    id, region, state, tags, createdAtMs: Created * 1000,
    ...(port === undefined ? {} : { host: address, sshPort: port }),
    ...(state === "ended" && ExitedAt > 0 ? { endedAtMs: ExitedAt * 1000 } : {}),
    ...(size === undefined ? {} : { size, cpuMillicores: Number(cpuMillicores), ramMib: Number(ramMib) }),
  };
  return state === "ended" ? [machine, { id, kind: "other", region, state: "running", tags }] : [machine];
}
