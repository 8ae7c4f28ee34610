import type { RawMachine } from "@bridge/backend-kit";
import type { Instance, Volume } from "./api.ts";
import type { Ec2Size } from "./catalog.ts";

/** What is known beside what EC2 lists. */
export interface Surroundings {
  readonly region: string;
  readonly sshPort: number;
  readonly size: Ec2Size | undefined;
}

const tagsOf = (tags: Instance["Tags"]): Readonly<Record<string, string>> => Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));

/** `stopped` cannot be reached by us, but by the account's owner: the machine runs no more and its disk is billed. */
const states: Readonly<Record<string, RawMachine["state"]>> = {
  pending: "starting", running: "running", "shutting-down": "ending", terminated: "ended", stopping: "running", stopped: "ended",
};

/** When EC2 says that the state has changed: `User initiated (2026-11-25 10:11:12 GMT)`. */
function endedAtMs({ StateTransitionReason: reason = "" }: Instance): number | undefined {
  const [, date, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) GMT\)/.exec(reason) ?? [];
  return date === undefined ? undefined : Date.parse(`${date}T${time}Z`);
}

/** What the kit is told of one instance. A stopped one is listed twice: its workload has ended, and something is left to be ended. */
export function rawInstance(instance: Instance, { region, sshPort, size }: Surroundings): readonly RawMachine[] {
  const { InstanceId: id = "", InstanceType, State, PublicIpAddress: host, LaunchTime, Tags } = instance;
  const state = states[State?.Name ?? ""] ?? "running";
  const ended = state === "ended" || state === "ending" ? endedAtMs(instance) : undefined;
  const raw: RawMachine = {
    id, region, tags: tagsOf(Tags), state, sshPort,
    ...(InstanceType === undefined ? {} : { size: InstanceType }), ...(host === undefined ? {} : { host }),
    ...(LaunchTime === undefined ? {} : { createdAtMs: LaunchTime.getTime() }), ...(ended === undefined ? {} : { endedAtMs: ended }),
    ...(size === undefined ? {} : { cpuMillicores: size.cpuMillicores, ramMib: size.ramMib }),
  };
  return State?.Name === "stopped" ? [raw, { id, kind: "other", region, state: "running", tags: raw.tags }] : [raw];
}

/** What the kit is told of a volume that no machine holds any more. */
export const rawVolume = ({ VolumeId: id = "", State, Tags }: Volume, region: string): RawMachine =>
  ({ id, kind: "disk", region, tags: tagsOf(Tags), state: State === "deleting" ? "ending" : "running" });
