/**
 * The Backend contract, version 1: all that a platform must do so that Bridge can lease compute on it.
 *
 * Types only. The rules that types cannot say stand at the members that they bind, numbered as in `docs/contract.md`;
 * `@bridge/conformance` checks each. What we pass in may gain fields; what we ask back may gain only optional members;
 * anything else is contract 2, and an unknown contract number is refused by name when a plugin is loaded.
 *
 * Rule 10, for the whole of a plugin: import and construction do no I/O, read no environment, start no timer and load no
 * SDK. Every thrown error is a `BridgeError`.
 */

import type { OptionsSchema } from "./options-schema.ts";
import type {
  Almanac, AlmanacTick, Architecture, ComputeGrant, Envelope, InstanceRef, Isolation, Log, Placement, ProvisionedInstance,
  RegionLabel, Scope, SshKeyPair, UsageMetrics,
} from "./words.ts";

/** What a backend offers in one region, where that differs from the whole. */
export interface RegionCapabilities {
  readonly tdxCapable?: boolean;
  readonly maxCpuMillicores?: number;
  readonly maxRamMib?: number;
  readonly maxStorageGib?: number;
}

/** What a backend offers. The default is nothing: no regions, no TDX, zero sizes. */
export interface Capabilities {
  readonly regions: readonly RegionLabel[];
  readonly tdxCapable: boolean;
  readonly maxCpuMillicores: number;
  readonly maxRamMib: number;
  /** Absent: storage is not limited by the backend. */
  readonly maxStorageGib?: number;
  /** Absent: `amd64` only. */
  readonly architectures?: readonly Architecture[];
  readonly isolation?: Isolation;
  /** MR_TD values, 96 lower-case hex digits each, that a TDX guest here will measure. */
  readonly mrTd?: readonly string[];
  readonly byRegion?: Readonly<Record<RegionLabel, RegionCapabilities>>;
}

/** Why a backend will not serve a grant. */
export interface Refusal {
  readonly reason:
    | "region" | "cpu" | "ram" | "storage" | "arch" | "tdx" | "image" | "command" | "lifetime" | "placement"
    | "unavailable" | "unhealthy" | "no_capacity";
  /** One sentence: what was asked, what there is. */
  readonly message: string;
}

/** One thing of this owner's that a platform holds. */
export interface ListedInstance extends InstanceRef {
  readonly instanceId: string;
  /** Anything but `machine` is a remnant. */
  readonly kind: "machine" | "disk" | "address" | "nic" | "process" | "other";
  /** `ended`: still listed, but it can never run again. */
  readonly state: "starting" | "running" | "ending" | "ended";
  readonly ledgerId: string;
  /** From its tag; milliseconds since the Unix epoch. */
  readonly deadlineMs?: number;
}

/**
 * Rule 7. Complete per scope, or it says that it is not; with all of this owner's things of that scope, also those of
 * other backend names, ledgers and attempts, and remnants. A failure is never an empty list. Nothing is concluded about
 * a scope that is incomplete or not listed.
 */
export interface Listing {
  readonly scopes: readonly ListedScope[];
  readonly instances: readonly ListedInstance[];
}

/** One scope of a {@link Listing}. */
export interface ListedScope {
  readonly scope: Scope;
  readonly complete: boolean;
  /** Why it is not complete. */
  readonly error?: Error;
  /**
   * The platform's clock minus `services.now()`, in milliseconds, as its answer said (HTTP `Date`, RFC 9110 section 6.6.1).
   * Where it exceeds a minute, no deadline is enforced. Absent: the platform does not say its time.
   */
  readonly clockSkewMs?: number;
}

/** One thing that {@link Backend.diagnose} looked at. */
export interface Finding {
  /** What was looked at, in a few words: `permission ec2:RunInstances`, `image in eu-west-1`. */
  readonly subject: string;
  /** `warning`: works, but not as an operator would want. `failed`: a grant would fail for it. */
  readonly verdict: "fine" | "warning" | "failed";
  /** One sentence: what was found. Holds no secret. */
  readonly message: string;
  /** How to mend it: a command, an option, a permission. Present unless it is fine. */
  readonly mend?: string;
}

/** Options of every call. `signal` is checked on entry; waits end at once when it fires. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Options of a watch. */
export interface WatchOptions extends CallOptions {
  /** Called with readings on the way, each replacing the one before. */
  readonly onUsage?: (usage: Omit<UsageMetrics, "exit">) => void;
  /** The key given to the machine as `context.keys.exitMac`. Without it, an exit code that a guest reports is not believed. */
  readonly exitMac?: Uint8Array;
}

/** How far a provision has come; for people, not for decisions. */
export type ProvisionStage = "adopting" | "creating" | "booting" | "connecting" | "starting" | "ready";

/** All that a backend needs to know about one attempt. */
export interface ProvisionContext {
  readonly attempt: number;
  readonly requestKey: string;
  readonly placement: Placement;
  readonly intentAtMs: number;
  readonly deadlineMs: number;
  /** Never the requester's private key. */
  readonly keys: {
    readonly host: SshKeyPair;
    readonly control: SshKeyPair;
    /** OpenSSH line. */
    readonly requesterPublicKey: string;
    /** 32 bytes with which the machine authenticates the exit that it reports. */
    readonly exitMac: Uint8Array;
  };
  /** To be set on everything created: owner, ledger, backend, request key, attempt, deadline. */
  readonly tags: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Rule 1. Call it in the same synchronous step as the create request; throws `lease_lost` when this process may no longer create. */
  mayCreate(): void;
  /** Await it as soon as the machine's id is known. Idempotent. */
  onCreated(ref: InstanceRef): Promise<void>;
  /** Await it after the host key was verified and before the workload starts. Idempotent. */
  onReady(ref: InstanceRef): Promise<void>;
  progress(stage: ProvisionStage): void;
}

/** A platform that can provision machines. All methods may be called concurrently. */
export interface Backend {
  /** Short stable identifier: the entry's name in the boot config. Used in logs and in `InstanceRef.backend`. */
  readonly name: string;

  /** What is on offer now. May call the platform; throws when it cannot know. */
  capabilities(options?: CallOptions): Promise<Capabilities>;

  /** Quick filter over region, CPU, RAM, storage, architecture and TDX. Pure: configuration and the last `capabilities()`. */
  canSatisfy(grant: ComputeGrant): boolean;

  /** Why not. `canSatisfy(grant)` is `explain(grant).length === 0`. Absent: the Fleet says only that it was refused. */
  explain?(grant: ComputeGrant): readonly Refusal[];

  /** Choices for this grant, best first. Creates nothing. Absent: exactly one, made of the first allowed region. */
  placements?(grant: ComputeGrant, options?: CallOptions): Promise<readonly Placement[]>;

  /**
   * Makes the machine of one attempt, or finds it.
   *
   * - Rule 1. One create request per attempt, identical on every replay. SDK retries are off for creates.
   * - Rule 2. Same (requestKey, attempt), same arguments, any process, any number of times: the same machine. Other
   *   arguments: `conflict`. A machine of this attempt that has already ended: `attempt_spent`, with the ref.
   * - Rule 3. Ready means: SSH at the returned host completes the key exchange with the returned host key, and the workload
   *   has been started. Never a banner, never a port. A mismatching key is retried until `readyTimeoutSeconds`, then
   *   `host_key_mismatch`.
   * - Rule 4. The workload starts at most once per machine, after the host key was verified and `onReady` resolved.
   * - Rule 5. Every error has an `outcome`; missing means unknown. `none` only after a definitive refusal by the platform,
   *   never a timeout, a reset, or an SDK's own error. Backends never clean up: the caller terminates. On abort a create in
   *   flight is allowed to finish; waits end at once; the error carries outcome and ref.
   * - Rule 9. The machine dies at `deadlineMs` even if Bridge is gone, as far as `facts.deadline` says.
   */
  provision(grant: ComputeGrant, envelope: Envelope, context: ProvisionContext): Promise<ProvisionedInstance>;

  /**
   * Rule 8. Resolves when the workload or the machine ends or `validTo` passes. Does not terminate. Can be called again
   * after a restart, by several callers, and for an instance that is gone: `deadline` if past it, else `lost`. Absence
   * from one list is confirmed by a read by id, or by further complete lists over `settleSeconds`.
   */
  watchUntilExit(instance: InstanceRef, validTo: AlmanacTick, options?: WatchOptions): Promise<UsageMetrics>;

  /**
   * Rule 6. Closes the attempt: resolves when nothing of it exists (machine, disk, address, NIC) and nothing can still
   * appear. Already gone and never created both succeed, after the same proof. Never success on a guess: one "not found"
   * proves nothing before `settleSeconds`. A ref of a scope that this backend does not hold: `wrong_scope`.
   */
  terminate(ref: InstanceRef, options?: CallOptions): Promise<void>;

  /** Rule 7, see {@link Listing}. */
  list(options?: CallOptions): Promise<Listing>;

  /**
   * Looks for what would make grants fail: credentials, each permission that is needed, image, quota, network. Creates
   * nothing, also nothing beside machines. A problem is a finding; throws only when not even that can be asked. Absent:
   * only what `capabilities` and `list` show can be diagnosed.
   */
  diagnose?(options?: CallOptions): Promise<readonly Finding[]>;

  /** Lets go of connections and pollers. Machines live on. Absent: nothing to let go of. */
  close?(): Promise<void>;
}

/** What a platform guarantees; read by the Fleet, the controller and the conformance kit. Seconds are positive numbers. */
export interface BackendFacts {
  /** How a repeated create is recognised: by a token, by a unique name, or only by searching the list. */
  readonly idempotency: "token" | "name" | "search";
  /** How long a list may be stale: absence is proof only after so many seconds. 0: lists are never stale. */
  readonly settleSeconds: number;
  /** The longest that a create request may take to have its effect. */
  readonly createTimeoutSeconds: number;
  /** The longest from create to ready. */
  readonly readyTimeoutSeconds: number;
  /** How long the platform remembers a token or name; absent: for good. */
  readonly replayWindowSeconds?: number;
  readonly minLifetimeSeconds?: number;
  readonly maxLifetimeSeconds?: number;
  /** Whether the workload's exit code can be known. */
  readonly exitCode: "always" | "best-effort" | "never";
  /** Who ends the machine at its deadline when Bridge is gone. */
  readonly deadline: "platform" | "guest" | "reaper";
}

/** What a backend holds on to for its life. */
export interface BackendServices {
  /** The entry's name; becomes `Backend.name`. */
  readonly name: string;
  /** Id of this installation of Bridge; tagged on everything created. */
  readonly owner: string;
  /** Id of this installation's ledger; tagged on everything created. */
  readonly ledgerId: string;
  readonly log: Log;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Converts the ticks of `validTo` and `startedAt`. */
  readonly almanac: Almanac;
}

/** A backend as its package exports it (default export). */
export interface BackendPlugin<Options = unknown> {
  readonly contract: 1;
  /** Short name of the platform; the entry's name unless the boot config gives another. */
  readonly name: string;
  /** Must refuse unknown keys. */
  readonly optionsSchema: OptionsSchema<Options>;
  readonly facts: BackendFacts;
  /** Rule 10: no I/O. */
  create(options: Options, services: BackendServices): Backend;
}

/** A plugin with its options, ready for a Fleet. Backend packages export a function that makes it. */
export interface ConfiguredBackend {
  readonly plugin: BackendPlugin;
  readonly options: unknown;
  /** Default: the plugin's name. */
  readonly name?: string;
}
