import type { MachineFaultCounts } from "../machine/machine-faults.ts";
import type { Books } from "./books.ts";
import type { CallFault } from "./call-faults.ts";
import type { LoggedCall, Violation } from "./call-log.ts";
import type { Ec2Settings } from "./settings.ts";

/** Whose region is meant. */
export interface Where {
  /** Default: that of the default key. */
  readonly accountId?: string;
  readonly region: string;
}

/** A subnet to be made. */
export interface NewSubnet extends Where {
  /** Default: a new VPC, which is not the default one. */
  readonly vpcId?: string;
  readonly zone: string;
  /** Default false. */
  readonly mapPublicIpOnLaunch?: boolean;
  /** Default 251. */
  readonly freeAddresses?: number;
  /** A /64: `fd00:1:2:3::/64`. */
  readonly ipv6Cidr?: string;
}

/** What tests do to a fake EC2, and what they see of it: the same in its process and from another one. */
export interface Ec2Control {
  /** The platform's clock, in milliseconds since the Unix epoch. */
  now(): number;
  /** Moves the clock on, and what was planned happens. */
  advance(seconds: number): Promise<void>;
  /** Changes settings; they stay until they are changed again. */
  configure(settings: Partial<Ec2Settings>): Promise<void>;
  /** The next calls that it fits meet a fault. */
  addFault(fault: CallFault): Promise<void>;
  /** The next connections or starts on machines go wrong. */
  setMachineFaults(counts: Partial<MachineFaultCounts>): Promise<void>;
  /** The next instance that is terminated takes so many seconds to end. */
  slowNextEnd(seconds: number): Promise<void>;
  /** No more faults; settings stay. */
  heal(): Promise<void>;
  books(): Promise<Books>;
  calls(): Promise<readonly LoggedCall[]>;
  /** What in requests and answers the published description does not allow; tests assert that it is empty. */
  violations(): Promise<readonly Violation[]>;
  /** Leaves something with the tags of an instance beside it; the answer is its id. */
  leaveRemnant(kind: "volume" | "network-interface" | "address", instanceId: string): Promise<string>;
  /** An instance is gone from one moment to the next, without a trace. */
  vanish(instanceId: string): Promise<void>;
  /** The Spot service takes an instance back. */
  interrupt(instanceId: string): Promise<void>;
  /** The answer is the subnet's id. */
  addSubnet(subnet: NewSubnet): Promise<string>;
}
