import type { AttemptRow, GrantRow, GrantState, OpenAttempt } from "./rows.ts";
import type { Step } from "./steps.ts";

/** How many grants are in each state, and how many attempts are not closed. */
export interface LedgerCounts {
  readonly grants: Readonly<Record<GrantState, number>>;
  readonly openAttempts: number;
}

/** Where a controller remembers. What a `commit` has resolved survives whatever happens. */
export interface Ledger {
  /** Random, made with the ledger; tagged on everything created. */
  readonly ledgerId: string;
  /** Ledgers of this owner whose machines were taken over. */
  readonly adoptedLedgers: ReadonlySet<string>;
  /**
   * Writes one step down. Resolves to whether it changed anything: the same step again does not.
   *
   * @throws BridgeError `conflict` and `limit_exceeded` for an `accept`; `unavailable` when it could not be written (disk
   * full, read-only): then nothing was.
   */
  commit(step: Step): Promise<boolean>;
  /** The grant with this key, or undefined. */
  grant(requestKey: string): Promise<GrantRow | undefined>;
  /** Attempts of a grant, the first first. */
  attempts(requestKey: string): Promise<readonly AttemptRow[]>;
  /** One attempt, or undefined. */
  attempt(requestKey: string, attempt: number): Promise<AttemptRow | undefined>;
  /** Keys of the grants that are not settled, the oldest first. */
  unsettled(): Promise<readonly string[]>;
  /** Attempts that are not closed. */
  openAttempts(): Promise<readonly OpenAttempt[]>;
  counts(): Promise<LedgerCounts>;
  /** Lets erased secrets leave the files, not only the pages that are read. */
  compact(): Promise<void>;
  close(): Promise<void>;
}
