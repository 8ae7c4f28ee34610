/** The words of the contract: plain data, storable, without behaviour. `docs/contract.md` explains each. */

/** The platform's own region name (`eu-west-1`), or the operator's label for bare metal (`local-eu-fra-1`). */
export type RegionLabel = string;

/** A tick of the shared logical clock: a non-negative safe integer. By default one second since the Unix epoch. */
export type AlmanacTick = number;

/** What one listing covers, by identity: account + region, project number, subscription, a host's machine id + host key. */
export type Scope = string;

/** Processor architecture, in Debian's and OCI's words. */
export type Architecture = "amd64" | "arm64";

/** `required`: only on Intel TDX. `preferred`: capable backends are tried first. `none`: it does not matter. */
export type TdxRequirement = "required" | "preferred" | "none";

/** What keeps the workload apart from others: a virtual machine, a trust domain, a container, or nothing but a process. */
export type Isolation = "vm" | "td" | "container" | "process";

/** Where the host key came from: put there by us, pinned by the operator, or read from the platform. */
export type HostKeyProvenance = "injected" | "pinned" | "platform";

/** A value that survives `JSON.parse(JSON.stringify(value))` unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** The size and place that a grant permits. */
export interface ComputeManifest {
  /** Thousandths of a CPU core; a positive integer. */
  readonly cpuMillicores: number;
  /** Memory in MiB; a positive integer. */
  readonly ramMib: number;
  /** Storage in GiB; a non-negative integer. */
  readonly storageGib: number;
  readonly arch: Architecture;
  readonly tdx: TdxRequirement;
  /** Regions that will do, in no order. Empty means anywhere. */
  readonly regions: readonly RegionLabel[];
}

/** Permission to use so much compute until a deadline. Valid in the half-open interval from `validFrom` to `validTo`. */
export interface ComputeGrant {
  /** Unique per issuer. Everything below admission uses the `requestKey` instead. */
  readonly requestId: string;
  readonly issuer: string;
  readonly providerId: string;
  readonly manifest: ComputeManifest;
  /** `sha256:` and 64 lower-case hex digits: the only image that may run. Absent: a bare machine. */
  readonly imageDigest?: string;
  readonly validFrom: AlmanacTick;
  readonly validTo: AlmanacTick;
}

/** Credentials for pulling the image. They reach the machine over the verified control channel, never in user data. */
export interface PullCredentials {
  readonly username: string;
  readonly password: string;
}

/** The private part of a request. It holds no identity beyond the keys. */
export interface Envelope {
  /** The requester's X25519 public key, base64url of 32 bytes; receipts are sealed to it. */
  readonly requesterKey?: string;
  /** The requester's SSH public key as an OpenSSH line. Absent only where the caller lets Bridge make a key. */
  readonly sshPublicKey?: string;
  /** `registry/repository@sha256:…`; its digest equals `imageDigest`. */
  readonly imageReference?: string;
  /** Must equal the grant's `imageDigest`, present or absent alike. */
  readonly imageDigest?: string;
  /** Program and arguments. Absent: the image's own, or for a bare machine none. */
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly pullCredentials?: PullCredentials;
}

/** One concrete choice. `resolved` pins every input of the create request, so that a replay is byte-identical. */
export interface Placement {
  readonly scope: Scope;
  readonly region: RegionLabel;
  /** The platform's name of the machine size. */
  readonly size: string;
  /**
   * What runs out of capacity together, where that is less than a size in a region: a zone, or a zone's spot market. A
   * placement without capacity is passed over for minutes; others of the same size in other pools are not. Absent: the
   * region is one pool.
   */
  readonly pool?: string;
  /** Image id, zone, subnet, template version: whatever the create request is made of. */
  readonly resolved: { readonly [key: string]: Json };
}

/** Names one attempt at one grant: at most one machine can ever exist for it. Storable; holds no secret. */
export interface InstanceRef {
  /** `Backend.name`; the Fleet routes later calls by it. */
  readonly backend: string;
  readonly scope: Scope;
  /** 26 characters of base32 over owner, issuer, requestId and grant hash; legal in every name, label and token. */
  readonly requestKey: string;
  /** Counted from 1. */
  readonly attempt: number;
  readonly placement: Placement;
  /** When the attempt was decided, before the platform was called; milliseconds since the Unix epoch. */
  readonly intentAtMs: number;
  /** The platform's id of the machine, once known. */
  readonly instanceId?: string;
}

/** The uniform handle of a running machine. */
export interface ProvisionedInstance extends InstanceRef {
  readonly instanceId: string;
  readonly region: RegionLabel;
  /** Host name or address at which SSH answers. */
  readonly publicHost: string;
  readonly sshPort: number;
  /** The account that accepts the requester's key. */
  readonly user: string;
  /** OpenSSH private key, only if Bridge made it. Not enumerable: JSON, spread, clone and inspection omit it. */
  readonly keyPrivate?: string;
  /** The requester's SSH public key, an OpenSSH line. */
  readonly keyPublic: string;
  /** The machine's SSH host key, an OpenSSH line: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  readonly startedAt: AlmanacTick;
  readonly providerId: string;
  readonly isolation: Isolation;
  /** `requested`: the platform's API confirms the type. It is not attestation. */
  readonly tdx: "none" | "requested";
  readonly hostKeyProvenance: HostKeyProvenance;
}

/** One meter. `reported`: by the guest itself. `allocated`: size x time. A missing meter is unknown, never 0. */
export type Meter =
  | { readonly value: number; readonly source: "measured" | "reported" | "allocated" }
  | { readonly source: "unknown" };

/** How a run ended. An absent `code` is an honest answer, never 0. */
export interface ExitRecord {
  readonly reason: "exited" | "deadline" | "terminated" | "lost";
  /** The workload's exit code; 128 + signal number when a signal ended it. */
  readonly code?: number;
  readonly source?: "measured" | "reported";
}

/** What a run used. The network is never `allocated`. */
export interface UsageMetrics {
  readonly wallSeconds: Meter;
  readonly cpuCoreSeconds: Meter;
  readonly ramMibSeconds: Meter;
  readonly networkRxBytes: Meter;
  readonly networkTxBytes: Meter;
  readonly exit: ExitRecord;
}

/** Structured log, an interface that pino and console-like loggers already satisfy. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** An SSH key pair (Ed25519). `privateKey` is not enumerable: JSON, spread, clone and inspection omit it. */
export interface SshKeyPair {
  /** OpenSSH line without comment: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
  /** OpenSSH private key file, PEM. */
  readonly privateKey: string;
}

/** The shared logical clock. */
export interface Almanac {
  /** The moment at which a tick begins, in milliseconds since the Unix epoch. */
  tickToMs(tick: AlmanacTick): number;
  /** The tick that holds a moment. */
  msToTick(ms: number): AlmanacTick;
}
