import type { Almanac, InstanceRef, Log, Placement } from "../backend/words.ts";
import type { CallOptions, ConfiguredBackend, ProvisionStage, WatchOptions } from "../backend/v1.ts";
import type { RoutingStep } from "./routing-record.ts";

/** Options of calls that ask all backends at once: one that has not answered by then holds up nobody. */
export interface BoundedCallOptions extends CallOptions {
  /** The longest wait for each backend. */
  readonly timeoutSeconds?: number;
}

/** What a Fleet is made of. */
export interface FleetOptions {
  /** Id of this installation, tagged on everything created: lower-case letters, digits and hyphens, at most 32. */
  readonly owner: string;
  /** At least 32 bytes; host and control keys are derived from it. A replay needs the same one. */
  readonly masterSecret: Uint8Array | string;
  /** Number of this master secret; attempts remember it. A positive integer. Default 1. */
  readonly keyVersion?: number;
  /** Earlier master secrets by their key version, for attempts that began under them. Default: none. */
  readonly retiredSecrets?: Readonly<Record<number, Uint8Array | string>>;
  /** In order of preference. */
  readonly backends: readonly ConfiguredBackend[];
  /** Id of the ledger that remembers the attempts. Default `none`. */
  readonly ledgerId?: string;
  /** When given, grants for another provider are refused (`wrong_audience`). */
  readonly providerId?: string;
  /** Default: silent. */
  readonly log?: Log;
  /** Milliseconds since the Unix epoch. Default `Date.now`. */
  readonly now?: () => number;
  /** Default: one tick is one second since the Unix epoch. */
  readonly almanac?: Almanac;
  /** `next`: a failed attempt is followed by the next candidate. `never`: the first error is thrown, nothing is terminated. Default `next`. */
  readonly fallback?: "next" | "never";
  /** How long an answer of `capabilities()` is used for routing. Default 60. */
  readonly capabilitiesMaxAgeSeconds?: number;
  /** How long failed capacity, or a backend whose credentials failed, is passed over. Default 180. */
  readonly capacityMemorySeconds?: number;
}

/** One attempt, as an embedder writes it down before the platform is called, and gives it back to resume. */
export interface AttemptRecord {
  readonly attempt: number;
  readonly backend: string;
  readonly placement: Placement;
  readonly requestKey: string;
  readonly intentAtMs: number;
  readonly deadlineMs: number;
  /** Base64; goes into the derivation of the attempt's keys. Empty unless `makeSalt` was given. */
  readonly salt: string;
  /** Of the master secret that its keys are derived from. Default 1. */
  readonly keyVersion?: number;
}

/** Where an attempt could go. */
export interface Choice {
  readonly backend: string;
  readonly placement: Placement;
}

/** Options of {@link Fleet.choose}. */
export interface ChooseOptions extends CallOptions {
  /** Choices that earlier attempts have used up. */
  readonly tried?: readonly Choice[];
  /** Hears of every backend that was refused and every placement that was passed over. */
  readonly onRouting?: (step: RoutingStep) => Promise<void> | void;
}

/** Options of {@link Fleet.provisionAttempt}. */
export type AttemptOptions = Pick<ProvisionOptions, "signal" | "onCreated" | "onReady" | "onProgress" | "mayCreate" | "makeRequesterKey">;

/** Options of {@link Fleet.watchUntilExit}. */
export interface FleetWatchOptions extends WatchOptions {
  /** Of the attempt, where it was made under an earlier master secret. Default: the current one. */
  readonly keyVersion?: number;
}

/** Options of one provision. Every hook is awaited; one that throws ends the call. */
export interface ProvisionOptions {
  readonly signal?: AbortSignal;
  /** Before each attempt, before the platform is called. Write it down: with it, {@link ProvisionOptions.resume} replays exactly this attempt. */
  readonly onAttempt?: (record: AttemptRecord) => Promise<void> | void;
  /** When the machine's id is known. */
  readonly onCreated?: (ref: InstanceRef) => Promise<void> | void;
  /** When the host key was verified, before the workload starts. */
  readonly onReady?: (ref: InstanceRef) => Promise<void> | void;
  /** After every decision. */
  readonly onRouting?: (step: RoutingStep) => Promise<void> | void;
  readonly onProgress?: (stage: ProvisionStage, record: AttemptRecord) => void;
  /** Asked in the synchronous step of the create request; throws when this process may no longer create. */
  readonly mayCreate?: (record: AttemptRecord) => void;
  /** Random bytes for the keys of each attempt. Default: none, so that a replay needs no memory. */
  readonly makeSalt?: () => Uint8Array;
  /** The attempt to begin with, as `onAttempt` gave it; later attempts follow from it. */
  readonly resume?: AttemptRecord;
  /** At most so many attempts in this call. Default: as many as there are placements. */
  readonly maxAttempts?: number;
  /** Lets Bridge make the requester's SSH key when the envelope has none. Default false. */
  readonly makeRequesterKey?: boolean;
}
