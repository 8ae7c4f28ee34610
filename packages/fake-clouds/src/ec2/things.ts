import type { IpPermission } from "@aws-sdk/client-ec2";

/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** What every thing of an account has. */
interface Thing {
  readonly id: string;
  /** Grows with every thing that is made; lists go by it. */
  readonly sequence: number;
  readonly tags: Tags;
  readonly createdAtMs: number;
}

/** A virtual private cloud. */
export interface Vpc extends Thing {
  readonly cidr: string;
  readonly isDefault: boolean;
}

/** A subnet of one zone. */
export interface Subnet extends Thing {
  readonly vpcId: string;
  readonly zone: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly mapPublicIpOnLaunch: boolean;
  readonly freeAddresses: number;
  /** A /64, if it has one. */
  readonly ipv6Cidr?: string;
}

/** A security group; the permissions are what it lets in. */
export interface SecurityGroup extends Thing {
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly IpPermission[];
}

/** A disk. */
export interface Volume extends Thing {
  readonly zone: string;
  readonly gib: number;
  readonly type: string;
  readonly device: string;
  readonly encrypted: boolean;
  readonly deleteOnTermination: boolean;
  /** Id of the instance; absent: it is left over. */
  readonly attachedTo?: string | undefined;
}

/** A network interface. */
export interface NetworkInterface extends Thing {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly groupIds: readonly string[];
  readonly privateAddress: string;
  readonly attachedTo?: string | undefined;
}

/** An Elastic IP address: never released by terminating an instance. */
export interface ElasticAddress extends Thing {
  readonly address: string;
}
