import type { Almanac, BackendFacts, Fleet, Log } from "@bridge/core";
import type { LimitFunction } from "p-limit";
import type { Clock } from "./clock.ts";
import type { ClockTrust } from "./clock-trust.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Events } from "./events.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { BoxKeys } from "./records/envelope-box.ts";
import type { RecordSigner } from "./records/jws.ts";
import type { ControllerSettings } from "./settings.ts";
import type { SideEffects } from "./side-effects.ts";

/** What all parts of one controller work with. */
export interface Work {
  readonly fleet: Fleet;
  readonly ledger: Ledger;
  readonly sideEffects: SideEffects;
  readonly clock: Clock;
  readonly almanac: Almanac;
  readonly deadlines: Deadlines;
  readonly events: Events;
  readonly log: Log;
  readonly signer: RecordSigner;
  readonly keys: BoxKeys;
  readonly settings: ControllerSettings;
  /** From 0 to 1, exclusive; for jitter. */
  readonly random: () => number;
  /** Bounds the provisions at once. */
  readonly provisions: LimitFunction;
  readonly facts: ReadonlyMap<string, BackendFacts>;
  /** When this process took the ledger: whatever an earlier one has sent, it had sent before. Milliseconds since the Unix epoch. */
  readonly openedAtMs: number;
  /** Fires when the controller stops: what can be taken up again is left as it is. */
  readonly stopping: AbortSignal;
  readonly trust: ClockTrust;
  /** Begins to close the attempts of a grant that are to be closed; resolves when all of them are. */
  closeAttempts(requestKey: string): Promise<void>;
  /** Tells those who wait for a grant that it has changed. */
  changed(requestKey: string): void;
}

const [firstPauseMs, longestPauseMs] = [1000, 300_000];

/** How long to wait after so many failures in a row: from one second, doubling, to five minutes, and up to a quarter more. */
export const pauseMs = ({ random }: Pick<Work, "random">, failures: number): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 20)) * (1 + random() / 4);
