import type { ExitReport } from "@bridge/backend-kit";
import type { BackgroundFault } from "./background-faults.ts";

/** On whose terms capacity is rented. */
export type Market = "on-demand" | "spot";

/** So many more instances of what it names; absent members fit all. */
export interface CapacityLimit {
  readonly zone?: string;
  readonly instanceType?: string;
  readonly market?: Market;
  readonly remaining: number;
}

/** How the fake EC2 behaves until it is told otherwise. Times are by the fake's clock. */
export interface Ec2Settings {
  /** From RunInstances to `running`. */
  readonly pendingSeconds: number;
  /** From `running` until the public address is told. */
  readonly addressSeconds: number;
  /** From `running` until SSH answers. */
  readonly bootSeconds: number;
  /** From TerminateInstances, or power-off, to `terminated`. */
  readonly shuttingDownSeconds: number;
  /** How long a terminated instance stays listed. */
  readonly listedAfterEndSeconds: number;
  /** How long it keeps its tags; after that no tag filter finds it. */
  readonly tagsKeptAfterEndSeconds: number;
  /** How long a client token is remembered after its instances have ended. */
  readonly tokenKeptAfterEndSeconds: number;
  /** Reads are so old: what was made since is not found by id and absent from lists, and states are those of then. */
  readonly readLagSeconds: number;
  /** What a guest writes is on the console so much later. */
  readonly consoleLagSeconds: number;
  /** From the exit line to the power-off of the guest; ten in real guests. */
  readonly powerOffSeconds: number;
  /** The platform's clock is so much ahead of the true time; signatures of clients with the true time expire beyond 300. */
  readonly clockSkewSeconds: number;
  /** EC2's published token buckets, per account and region. */
  readonly throttling: boolean;
  /** The most that one answer of a list holds, whatever was asked for. */
  readonly pageLimit: number;
  /** Whether instances are machines that answer SSH, or entries in lists only. */
  readonly machines: "ssh" | "none";
  /** Counters in the exit line of guests. */
  readonly meters: Omit<ExitReport, "code">;
  readonly capacity: readonly CapacityLimit[];
  /** Zones that do not sell a type; beside what the catalogue says. */
  readonly unsold: readonly { readonly zone: string; readonly instanceType: string }[];
  /** Of running instances, per account and region. */
  readonly quotas: { readonly vcpus: number; readonly spotVcpus: number; readonly instances: number };
  /** Actions that no key may call: `RunInstances`, `GetParameter`; `CreateTags` forbids to tag what is made. */
  readonly denied: readonly string[];
  /** So many of the next instances end in `pending`, by a fault of the platform. */
  readonly failedLaunches: number;
  /** Faults that calls meet now and then, and the seed that says which. */
  readonly background: { readonly faults: readonly BackgroundFault[]; readonly seed: number };
}

/** Everything works, and fast. */
export const defaultSettings: Ec2Settings = {
  pendingSeconds: 0.05, addressSeconds: 0, bootSeconds: 0, shuttingDownSeconds: 0.05,
  listedAfterEndSeconds: 3600, tagsKeptAfterEndSeconds: 3600, tokenKeptAfterEndSeconds: 86_400,
  readLagSeconds: 0, consoleLagSeconds: 0, powerOffSeconds: 0.1, clockSkewSeconds: 0,
  throttling: false, pageLimit: 1000, machines: "ssh", meters: {},
  capacity: [], unsold: [], quotas: { vcpus: 10_000, spotVcpus: 10_000, instances: 10_000 }, denied: [], failedLaunches: 0,
  background: { faults: [], seed: 0 },
};
