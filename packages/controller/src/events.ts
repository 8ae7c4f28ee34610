import type { ErrorCode, InstanceRef, Scope } from "@bridge/core";
import type { GrantResult } from "./ledger/rows.ts";

interface OfGrant {
  readonly requestKey: string;
}
interface OfAttempt extends OfGrant {
  readonly attempt: number;
  readonly backend: string;
}

/** What is listed of this owner but not this ledger's to end, and why. */
export type StrangerReason =
  /** Another ledger of this owner made it. */
  | "other_ledger"
  /** This ledger's tag, but the ledger knows nothing of it: an older backup was restored. */
  | "unknown_attempt"
  /** Its tags are damaged. */
  | "damaged_tags";

/** Something of this owner that was found and left alone. */
export interface Stranger extends Pick<InstanceRef, "backend" | "scope" | "requestKey" | "attempt"> {
  readonly instanceId: string;
  readonly ledgerId: string;
  readonly reason: StrangerReason;
  readonly deadlineMs?: number;
}

/** Something live that this configuration cannot reach. */
export interface Stranded extends OfAttempt {
  readonly scope: Scope;
  /** `unknown_backend`: the entry was removed or renamed. `wrong_scope`: its region was removed, or the credentials are another account's. */
  readonly reason: "unknown_backend" | "wrong_scope";
}

/** What a controller tells of its work. Holds no secret, no key and nothing of the requester's. */
export type ControllerEvent =
  | OfGrant & { readonly type: "accepted" }
  | OfAttempt & { readonly type: "attempt" }
  | OfAttempt & { readonly type: "attempt_failed"; readonly code: ErrorCode; readonly message: string }
  | OfAttempt & { readonly type: "running" }
  | OfGrant & { readonly type: "ended"; readonly result: GrantResult }
  | OfGrant & { readonly type: "settled" }
  | OfAttempt & { readonly type: "closed" }
  /** Ending a machine fails; it is tried again, and may cost money until it works. */
  | OfAttempt & { readonly type: "closing_failed"; readonly code: ErrorCode; readonly message: string; readonly ageSeconds: number; readonly retryInSeconds: number }
  | { readonly type: "stranger" } & Stranger
  | { readonly type: "stranded" } & Stranded
  /** Nothing is concluded about a scope whose list is incomplete. */
  | { readonly type: "scope_frozen"; readonly scope: Scope; readonly message: string }
  /** This computer's clock and the platform's differ by more than a minute: no deadline is enforced there until they agree. */
  | { readonly type: "clock_skew"; readonly scope: Scope; readonly skewSeconds: number }
  /** One sweep would have ended more than it may; the rest waits for the next. */
  | { readonly type: "sweep_capped"; readonly ended: number; readonly left: number }
  /** A grant cannot go on, as a rule because the ledger cannot be written; it is tried again. */
  | OfGrant & { readonly type: "delayed"; readonly code: ErrorCode; readonly message: string; readonly retryInSeconds: number }
  /** A reader was slow: so many events before this one were dropped for it. */
  | { readonly type: "gap"; readonly dropped: number };

/** What is kept for a reader that does not read. */
const longestBacklog = 10_000;

/** Hands events to any number of readers, each at its own pace. */
export class Events {
  readonly #readers = new Set<Reader>();
  #ended = false;

  emit(event: ControllerEvent): void {
    for (const reader of this.#readers) reader.add(event);
  }

  /** All events from now on, until {@link Events.end} or the reader stops. */
  read(): AsyncIterableIterator<ControllerEvent> {
    const reader = new Reader(() => this.#readers.delete(reader));
    if (this.#ended) reader.end();
    else this.#readers.add(reader);
    return reader;
  }

  /** No more events. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.end();
  }
}

class Reader implements AsyncIterableIterator<ControllerEvent> {
  readonly #leave: () => void;
  #backlog: ControllerEvent[] = [];
  #dropped = 0;
  /** Of everybody who waits: several may. */
  #change: PromiseWithResolvers<void> | undefined;
  #ended = false;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  add(event: ControllerEvent): void {
    if (this.#backlog.length >= longestBacklog) this.#dropped += this.#backlog.splice(0, longestBacklog / 10).length;
    this.#backlog.push(event);
    this.#changed();
  }

  end(): void {
    this.#ended = true;
    this.#changed();
  }

  async next(): Promise<IteratorResult<ControllerEvent, undefined>> {
    while (this.#backlog.length === 0 && !this.#ended) await (this.#change ??= Promise.withResolvers<void>()).promise;
    if (this.#dropped > 0) {
      const gap = { type: "gap", dropped: this.#dropped } as const;
      this.#dropped = 0;
      return { done: false, value: gap };
    }
    const value = this.#backlog.shift();
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }

  #changed(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }

  async return(): Promise<IteratorResult<ControllerEvent, undefined>> {
    this.#leave();
    this.end();
    this.#backlog = [];
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
