import { BridgeError, type Log, toBridgeError } from "@bridge/core/backend";
import type { RawMachine } from "../platform.ts";
import { abortable, monotonicMs, within } from "../wait.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";

/** What one list brought: a complete snapshot, or that nothing is known this time. */
export type PollResult =
  | { readonly snapshot: Snapshot; readonly error?: undefined }
  | { readonly error: BridgeError; readonly snapshot?: undefined };

/** Called with every list; what it throws is logged and hurts nobody else. */
export type PollListener = (result: PollResult) => void;

/** What a poller works with. */
export interface ScopePollerOptions {
  readonly owner: string;
  readonly intervalMs: number;
  /** Lists the scope completely; throws BridgeErrors. */
  readonly list: (signal: AbortSignal) => Promise<readonly RawMachine[]>;
  readonly log: Log;
}

const longestBackoffMs = 60_000;
/** A list that has not settled by then counts as failed, so that one lost answer cannot stop all who wait. */
const listTimeoutSeconds = 120;

/**
 * Lists one scope on behalf of all who wait: one list per interval for any number of them, never two at once, none while
 * nobody waits. After failures the interval doubles up to a minute, with jitter, and never below what the platform asks for.
 */
export class ScopePoller {
  readonly #options: ScopePollerOptions;
  /** Each with the number of the first list that it may hear of: one that starts after it came. */
  readonly #listeners = new Map<PollListener, number>();
  #lists = 0;
  #failures = 0;
  /** The list in flight. */
  #listing: AbortController | undefined;
  #timer: { readonly handle: NodeJS.Timeout; readonly dueMs: number } | undefined;
  #nextDueMs = 0;
  #notBeforeMs = 0;
  #urgent = false;
  #closed = false;

  constructor(options: ScopePollerOptions) {
    this.#options = options;
  }

  /**
   * Hears of every list that starts from now on, until {@link unsubscribe}. `atOnce` does not wait for the interval. After
   * {@link close} the listener hears `aborted` once.
   */
  subscribe(listener: PollListener, { atOnce = false }: { readonly atOnce?: boolean } = {}): void {
    if (this.#closed) return queueMicrotask(() => listener({ error: closedError() }));
    this.#listeners.set(listener, this.#lists + 1);
    if (atOnce) this.#urgent = true;
    this.#arm();
  }

  /** Hears no more; without any listener the poller rests. */
  unsubscribe(listener: PollListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
    this.#urgent = false;
    this.#listing?.abort();
  }

  /** The next list that starts from now on. Ends at once with `aborted` when the signal fires. */
  async next({ atOnce = false, signal }: { readonly atOnce?: boolean; readonly signal?: AbortSignal | undefined } = {}): Promise<PollResult> {
    const { promise, resolve } = Promise.withResolvers<PollResult>();
    this.subscribe(resolve, { atOnce });
    try {
      return await abortable(promise, signal);
    } finally {
      this.unsubscribe(resolve);
    }
  }

  /** Stops; all who wait hear `aborted`. */
  close(): void {
    this.#closed = true;
    this.#deliver({ error: closedError() });
    for (const listener of [...this.#listeners.keys()]) this.unsubscribe(listener);
  }

  /** Sets the timer for the next list. A timer even when it is due, so that all who come in one turn share the list. */
  #arm(): void {
    if (this.#listing !== undefined || this.#listeners.size === 0) return;
    const now = monotonicMs();
    const dueMs = Math.max(now, this.#notBeforeMs, this.#urgent ? 0 : this.#nextDueMs);
    if (this.#timer !== undefined && this.#timer.dueMs <= dueMs) return;
    clearTimeout(this.#timer?.handle);
    this.#timer = { dueMs, handle: setTimeout(() => void this.#poll(), dueMs - now) };
  }

  async #poll(): Promise<void> {
    this.#timer = undefined;
    this.#urgent = false;
    this.#lists += 1;
    const list = this.#lists;
    const startedMs = monotonicMs();
    const call = new AbortController();
    this.#listing = call;
    const result = await this.#list(call.signal, startedMs);
    this.#listing = undefined;
    if (!call.signal.aborted) {
      this.#failures = result.error === undefined ? 0 : this.#failures + 1;
      this.#nextDueMs = startedMs + this.#delayMs();
      if (result.error !== undefined) this.#options.log.warn({ code: result.error.code, error: result.error.message, failures: this.#failures }, "a list failed; nothing is known this time");
      this.#notBeforeMs = monotonicMs() + (result.error?.retryAfterSeconds ?? 0) * 1000;
      this.#deliver(result, list);
    }
    this.#arm();
  }

  async #list(signal: AbortSignal, startedMs: number): Promise<PollResult> {
    const { list, owner } = this.#options;
    try {
      return { snapshot: takeSnapshot(await within(listTimeoutSeconds, "a list of the scope", list, signal), owner, startedMs) };
    } catch (error) {
      return { error: toBridgeError(error) };
    }
  }

  #delayMs(): number {
    const { intervalMs } = this.#options;
    if (this.#failures === 0) return intervalMs;
    return Math.min(longestBackoffMs, intervalMs * 2 ** this.#failures) * (1 + Math.random() / 4);
  }

  #deliver(result: PollResult, list = Number.POSITIVE_INFINITY): void {
    for (const [listener, first] of this.#listeners) {
      if (first > list) continue;
      try {
        listener(result);
      } catch (error) {
        this.#options.log.error({ error: String(error) }, "a listener of the poller failed");
      }
    }
  }
}

const closedError = (): BridgeError => new BridgeError("aborted", "the backend was closed");
