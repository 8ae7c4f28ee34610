import type {
  BackendFacts, BackendServices, BridgeErrorDetails, CallOptions, Capabilities, ComputeGrant, ErrorCode, Envelope, ExitRecord, Finding, InstanceRef,
  Isolation, ListedInstance, Meter, OptionsSchema, Placement, Refusal, Scope, SshKeyPair, UsageMetrics,
} from "@bridge/core/backend";

/** What an author declares; {@link defineMachineBackend} makes a plugin of contract 1 from it. */
export interface MachineBackendDefinition<Options> {
  /** Short name of the platform: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Must refuse unknown keys. */
  readonly optionsSchema: OptionsSchema<Options>;
  readonly facts: BackendFacts;
  /** What keeps the requester's workload apart. */
  readonly isolation: Isolation;
  /** Seconds between two lists of one scope while somebody waits; a positive number. Default 5. See {@link MachinePlatform.pollSeconds}. */
  readonly pollSeconds?: number;
  /** Makes the platform's client. Rule 10: no I/O. */
  readonly connect: (options: Options, services: BackendServices) => MachinePlatform;
}

/** The few calls in which platforms differ. Each may throw whatever the platform's client throws; `mapError` makes sense of it. */
export interface MachinePlatform {
  /** In place of the definition's: for an option, because the limit that it must keep to is the operator's. */
  readonly pollSeconds?: number;
  /** The scopes that the configuration holds, by identity. */
  scopes(options: CallOptions): Promise<readonly Scope[]>;
  capabilities(options: CallOptions): Promise<Capabilities>;
  /** Choices for a grant, best first, completely resolved. Creates nothing. */
  placements(grant: ComputeGrant, options: CallOptions): Promise<readonly Placement[]>;
  /** What speaks against a grant beyond its sizes; pure. Absent: nothing. */
  refusals?(grant: ComputeGrant): readonly Refusal[];
  /**
   * What speaks against the envelope; pure. Absent: nothing. The error ends the provision with outcome `none`.
   */
  refuseEnvelope?(envelope: Envelope): Refusal | undefined;
  /**
   * Awaited before each create, while nothing has been asked for yet and no time of the create runs: for what must be had
   * before the request leaves in one step, such as credentials or a turn under the platform's rate limit. Its waits end
   * with the signal. Absent: nothing. What it throws is an error of the provision; nothing was sent.
   */
  beforeCreate?(spec: MachineSpec, options: CallOptions): Promise<void>;
  /**
   * Sends exactly one create request; the kit has called `mayCreate()` in the same synchronous step, so the request must
   * be sent before the first await on anything else. Idempotent by `spec.name` or `spec.token`, as `facts.idempotency`
   * says. Retries of the client are off. The signal fires after `createTimeoutSeconds`, when the kit has given up with `timeout`,
   * outcome unknown; `mapError` does not get what the call comes to then.
   */
  create(spec: MachineSpec, options: CallOptions): Promise<{ readonly id: string }>;
  /** Everything of this owner in the scope, complete; throws when it cannot be. Read by tag `bridge-owner`. */
  list(scope: Scope, options: CallOptions): Promise<readonly RawMachine[]>;
  /** Asks the platform to end one listed thing. Need not wait; called again until it is unlisted or `ended`. */
  destroy(raw: RawMachine, options: CallOptions): Promise<void>;
  /**
   * Makes it impossible that this attempt's machine is created from now on (a tombstone under the platform's own lock).
   * Absent: the kit waits until a create in flight can no longer take effect.
   */
  forbid?(ref: InstanceRef, options: CallOptions): Promise<void>;
  /** Last lines of the machine's console. Absent: there is none. */
  readConsole?(raw: RawMachine, options: CallOptions): Promise<string>;
  /**
   * The platform's clock minus `services.now()`, in milliseconds, as the last answer about this scope said it (HTTP `Date`).
   * Deadlines are not enforced while the two differ by more than a minute. Absent or undefined: not known.
   */
  clockSkewMs?(scope: Scope): number | undefined;
  /** Looks for what would make grants fail; creates nothing. Absent: `bridge doctor` has only capabilities and lists to go by. */
  diagnose?(options: CallOptions): Promise<readonly Finding[]>;
  /** What an error of this platform means; undefined: `internal`, outcome unknown. */
  mapError(error: unknown): MappedError | undefined;
  /** Lets go of connections. */
  close?(): Promise<void>;
}

/** What an error means in Bridge's words. `outcome: "none"` only for a definitive refusal by the platform. */
export interface MappedError extends Pick<BridgeErrorDetails, "outcome" | "retryAfterSeconds" | "retryable"> {
  readonly code: ErrorCode;
  /** Default: the error's own message. */
  readonly message?: string;
}

/** All inputs of one create request; the same attempt gives the same values. */
export interface MachineSpec extends Pick<InstanceRef, "requestKey" | "attempt" | "placement"> {
  /** `bridge-<requestKey>-<attempt>`: legal as host name, GCE name and Azure name. */
  readonly name: string;
  /** 64 hex digits over ledger, requestKey and attempt: legal as EC2 client token; a UUID can be cut from it. */
  readonly token: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly hostKey: SshKeyPair;
  /** OpenSSH line of the control account's key. */
  readonly controlPublicKey: string;
  readonly grant: ComputeGrant;
  /** Cloud-init user data; byte-identical for the same attempt. Throws `payload_too_large` above the limit. */
  userData(limits: UserDataLimits): Uint8Array;
}

/** What a platform takes as user data. */
export interface UserDataLimits {
  /** Before any base64. */
  readonly maxBytes: number;
  /** Whether cloud-init may get it packed; done only where the plain text is too large. Default false. */
  readonly gzip?: boolean;
}

/** One thing that a platform lists. */
export interface RawMachine {
  readonly id: string;
  /** Default `machine`. */
  readonly kind?: ListedInstance["kind"];
  readonly region: string;
  readonly size?: string;
  readonly state: ListedInstance["state"];
  readonly tags: Readonly<Record<string, string | undefined>>;
  /** Where SSH answers, once known. */
  readonly host?: string;
  /** Default 22. */
  readonly sshPort?: number;
  readonly createdAtMs?: number;
  readonly endedAtMs?: number;
  /** Of the machine, for meters by allocation. */
  readonly cpuMillicores?: number;
  readonly ramMib?: number;
  /** The platform confirms that the machine is a trust domain. */
  readonly tdx?: boolean;
  /** Readings that the platform itself has taken. */
  readonly usage?: Partial<Omit<UsageMetrics, "exit">>;
  /** How it ended, where the platform itself knows. */
  readonly exit?: ExitRecord;
}

/** A meter that nobody read. */
export const unknownMeter: Meter = { source: "unknown" };
