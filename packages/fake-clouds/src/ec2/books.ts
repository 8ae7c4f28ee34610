import type { RunInstancesRequest } from "@aws-sdk/client-ec2";
import type { Ec2Cloud } from "./cloud.ts";
import type { InstanceState } from "./instance.ts";
import type { Market } from "./settings.ts";
import type { Tags } from "./things.ts";

/** An instance that was ever made, as it truly is. */
export interface BookedInstance {
  readonly id: string;
  readonly accountId: string;
  readonly region: string;
  readonly zone: string;
  readonly tags: Tags;
  readonly market: Market;
  readonly request: RunInstancesRequest;
  readonly launchedAtMs: number;
  /** When it began to end; absent while it lives. */
  readonly endedAtMs?: number;
  readonly state: InstanceState;
  /** Why it left its last state: `Client.UserInitiatedShutdown`, … */
  readonly reason?: string;
  /** How often its workload was started. */
  readonly starts: number;
  /** Where its machine answers. */
  readonly host: string;
}

/** Something that exists now and is somebody's to remove. */
export interface BookedThing {
  readonly kind: "instance" | "volume" | "network-interface" | "address";
  readonly id: string;
  readonly accountId: string;
  readonly region: string;
  readonly tags: Tags;
  /** State of an instance, and what else is attached to. */
  readonly note: string;
}

/** The truth, whatever the API says. */
export interface Books {
  readonly instances: readonly BookedInstance[];
  readonly things: readonly BookedThing[];
}

/** Reads the books of all accounts and regions. */
export function readBooks({ worlds }: Ec2Cloud): Books {
  return {
    instances: worlds.flatMap(({ accountId, region, made }) => made.map(({ id, plan, tags, launchedAtMs, state, machine, host, history }): BookedInstance => {
      const reason = history.at(-1)?.reason?.code;
      const endedAtMs = history.find(({ state: was }) => was === "shutting-down" || was === "terminated")?.atMs;
      return {
        id, accountId, region, zone: plan.network.subnet?.zone ?? "", tags, market: plan.market, request: plan.request, launchedAtMs, state, ...(endedAtMs === undefined ? {} : { endedAtMs }),
        ...(reason === undefined ? {} : { reason }), starts: machine?.control?.starts ?? 0, host,
      };
    })),
    things: worlds.flatMap(({ accountId, region, instances, volumes, interfaces, addresses }): readonly BookedThing[] => {
      const attached = (attachedTo: string | undefined) => (attachedTo === undefined ? "left over" : `of ${attachedTo}`);
      return [
        ...[...instances.values()].filter(({ isLive }) => isLive).map(({ id, tags, state }) => ({ kind: "instance" as const, id, accountId, region, tags, note: state })),
        ...[...volumes.values()].map(({ id, tags, attachedTo }) => ({ kind: "volume" as const, id, accountId, region, tags, note: attached(attachedTo) })),
        ...[...interfaces.values()].map(({ id, tags, attachedTo }) => ({ kind: "network-interface" as const, id, accountId, region, tags, note: attached(attachedTo) })),
        ...[...addresses.values()].map(({ id, tags, address }) => ({ kind: "address" as const, id, accountId, region, tags, note: address })),
      ];
    }),
  };
}
