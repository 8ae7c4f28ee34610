import type { Machine } from "../machine/machine.ts";
import type { LaunchPlan } from "./launch/launch-plan.ts";
import type { Tags } from "./things.ts";

/** State of an instance, in EC2's words. */
export type InstanceState = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

/** EC2's numbers of the states. */
export const stateCodes: Readonly<Record<InstanceState, number>> = { pending: 0, running: 16, "shutting-down": 32, terminated: 48, stopping: 64, stopped: 80 };

/** Why an instance left a state: `Client.UserInitiatedShutdown`, `Server.SpotInstanceTermination`, … */
export interface StateReason {
  readonly code: string;
  readonly message: string;
}

interface Change {
  readonly atMs: number;
  readonly state: InstanceState;
  readonly reason?: StateReason;
}

/** An instance with all states that it went through, so that reads can be late. */
export class Instance {
  readonly id: string;
  readonly sequence: number;
  readonly reservationId: string;
  readonly index: number;
  readonly plan: LaunchPlan;
  readonly privateAddress: string;
  /** Loopback address of its machine. */
  readonly host: string;
  readonly spotRequestId: string | undefined;
  readonly history: Change[];
  tags: Tags;
  /** When its tags were taken from it, after its end. */
  untaggedAtMs = Number.POSITIVE_INFINITY;
  /** When its public address is told. */
  addressedAtMs = Number.POSITIVE_INFINITY;
  machine: Machine | undefined;
  interfaceId: string | undefined;
  volumeIds: readonly string[] = [];

  constructor(given: { readonly id: string; readonly sequence: number; readonly reservationId: string; readonly index: number; readonly plan: LaunchPlan; readonly privateAddress: string; readonly host: string; readonly spotRequestId: string | undefined; readonly atMs: number }) {
    this.id = given.id;
    this.sequence = given.sequence;
    this.reservationId = given.reservationId;
    this.index = given.index;
    this.plan = given.plan;
    this.privateAddress = given.privateAddress;
    this.host = given.host;
    this.spotRequestId = given.spotRequestId;
    this.tags = given.plan.tags.instance;
    this.history = [{ atMs: given.atMs, state: "pending" }];
  }

  get launchedAtMs(): number {
    return this.history[0]?.atMs ?? 0;
  }

  /** How it was at a moment; undefined: it was not yet. */
  at(ms: number): Change | undefined {
    return this.history.findLast(({ atMs }) => atMs <= ms);
  }

  /** Its true state. */
  get state(): InstanceState {
    return this.history.at(-1)?.state ?? "pending";
  }

  get isLive(): boolean {
    return this.state !== "terminated";
  }
}
