import type { AttemptRecord, ComputeGrant, ErrorCode, ProvisionedInstance, RoutingStep, UsageMetrics } from "@bridge/core";

/** How far a grant has come: `accepted` until a machine runs, `ending` once its result is decided, `settled` once its log is signed. */
export type GrantState = "accepted" | "running" | "ending" | "settled";

/** How far an attempt has come; `closed` once nothing of it exists and nothing can still appear. */
export type AttemptState = "intended" | "created" | "running" | "closing" | "closed";

/** Readings of a run, without how it ended. */
export type Usage = Omit<UsageMetrics, "exit">;

/** Why something failed, as it is kept. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What became of a grant. */
export type GrantResult =
  | { readonly kind: "ran"; readonly attempt: number; readonly backend: string; readonly startedAtMs: number; readonly endedAtMs: number; readonly usage: UsageMetrics }
  | { readonly kind: "failed"; readonly endedAtMs: number; readonly failure: Failure };

/** A grant as the ledger keeps it. */
export interface GrantRow {
  readonly requestKey: string;
  readonly grant: ComputeGrant;
  readonly state: GrantState;
  readonly acceptedAtMs: number;
  /** Converted once, at admission. */
  readonly deadlineMs: number;
  readonly cancelledAtMs?: number;
  /** Keyed hash of the envelope; tells whether a second submission is the same. */
  readonly envelopeMac: string;
  /** The envelope, encrypted; erased once the workload runs or the result is decided. */
  readonly envelopeBox?: string;
  /** Every decision about it, the oldest first. */
  readonly routing: readonly RoutingStep[];
  readonly result?: GrantResult;
  /** The requester's access: a signed receipt, sealed where the envelope brought a key. */
  readonly receipt?: string;
  /** The signed ComputeLog, a compact JWS. */
  readonly log?: string;
  readonly settledAtMs?: number;
}

/** What tells an open attempt from others; there may be 10,000. */
export interface OpenAttempt extends Pick<AttemptRow, "requestKey" | "attempt" | "state" | "backend"> {
  readonly placement: Pick<AttemptRow["placement"], "scope">;
}

/** An attempt as the ledger keeps it. */
export interface AttemptRow extends Omit<AttemptRecord, "salt" | "keyVersion"> {
  readonly state: AttemptState;
  readonly keyVersion: number;
  /** Base64; erased when the attempt closes. */
  readonly salt?: string;
  readonly instanceId?: string;
  /** From when on the workload may have been started. */
  readonly readyAtMs?: number;
  readonly instance?: ProvisionedInstance;
  /** The last reading; each replaces the one before. */
  readonly usage?: Usage;
  /** Why it failed, if it did. */
  readonly failure?: Failure;
  /** When closing it began: how long it has been tried since is how long something may be billed in vain. */
  readonly closingSinceMs?: number;
  /** Not to be terminated before: another's machine may live under its name. */
  readonly closeAfterMs?: number;
}
