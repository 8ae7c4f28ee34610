import type { ErrorCode, InstanceRef } from "@bridge/core";

type Awaitable<T> = T | Promise<T>;
/** Names an attempt. */
export type AttemptName = Pick<InstanceRef, "requestKey" | "attempt">;

/**
 * What the author's test platform lets us see and do. All optional: a case that needs what is absent is reported as not
 * observed. Views say what the *platform* saw, never what the backend believes. A fault concerns the next call that it fits,
 * or so many as it says; {@link Controls.heal} takes back what was not met.
 */
export interface Controls {
  /** Create requests sent for an attempt, also those that were refused or lost. */
  readonly createRequests?: (attempt: AttemptName) => Awaitable<number>;
  /** Machines ever made for an attempt, also ended ones. */
  readonly machines?: (attempt: AttemptName) => Awaitable<number>;
  /** How often the workload of an attempt was started. */
  readonly starts?: (attempt: AttemptName) => Awaitable<number>;
  /** Everything that exists now and costs money, of any owner, one line each; empty when nothing does. */
  readonly things?: () => Awaitable<readonly string[]>;
  /** Calls the listener in the synchronous step in which the backend sends a create request. */
  readonly onCreateRequest?: (listener: () => void) => void;

  /** The next create is definitely refused; nothing is made. */
  readonly refuseCreate?: (code: Extract<ErrorCode, "no_capacity" | "quota_exceeded" | "unauthorized">) => Awaitable<void>;
  /** The next create never arrives; its client hears a reset or a timeout. */
  readonly loseCreateRequest?: () => Awaitable<void>;
  /** The next create takes effect at once; its client hears a reset or a timeout. */
  readonly loseCreateAnswer?: () => Awaitable<void>;
  /** The next create takes effect so many seconds later; its client hears a reset or a timeout. Fewer than `createTimeoutSeconds`. */
  readonly delayCreate?: (seconds: number) => Awaitable<void>;
  /** The next create takes effect, and is answered, so many seconds later. */
  readonly slowCreate?: (seconds: number) => Awaitable<void>;
  /** So many calls to end a thing are refused as the platform refuses while it is busy. */
  readonly refuseDestroy?: (times: number) => Awaitable<void>;
  /** The next call to end a machine is accepted; the machine exists for so many seconds more. */
  readonly slowDestroy?: (seconds: number) => Awaitable<void>;
  /** Leaves something beside the machine of an attempt, or after it, with its tags: a disk, an address, a process. */
  readonly leaveRemnant?: (ref: InstanceRef) => Awaitable<void>;
  /** So many lists are complete by their own word, and show nothing: they are older than what there is. */
  readonly hideFromList?: (times: number) => Awaitable<void>;
  /** So many lists fail or break off. */
  readonly failList?: (times: number) => Awaitable<void>;
  /** All lists of one scope fail, those of the others do not; for subjects that hold at least two. */
  readonly failScope?: (scope: string) => Awaitable<void>;
  /** So many SSH connections meet another host key. */
  readonly wrongHostKey?: (connections: number) => Awaitable<void>;
  /** So many SSH connections get an SSH banner, or an open port, and nothing more. */
  readonly bannerOnly?: (connections: number) => Awaitable<void>;
  /** The next start of the workload takes effect, but its answer is lost. */
  readonly loseStartAnswer?: () => Awaitable<void>;
  /** The machine is gone from one moment to the next, without a trace. */
  readonly vanish?: (ref: InstanceRef) => Awaitable<void>;
  /** The workload ends with this code; for platforms whose machines run no workload. Absent: `workload.exits` does it. */
  readonly exit?: (ref: InstanceRef, code: number) => Awaitable<void>;
  /** No more faults. */
  readonly heal?: () => Awaitable<void>;
  readonly clock?: PlatformClock;
}

/** The clock of a test platform that can be moved. */
export interface PlatformClock {
  /** Milliseconds since the Unix epoch; the backend gets it as `services.now`. */
  readonly now: () => number;
  readonly advance: (seconds: number) => Awaitable<void>;
  /** Whether the backend, too, waits on this clock only: then a wait is played through at once. Default false. */
  readonly virtual?: boolean;
}
