import { BridgeError, type BridgeErrorDetails, toBridgeError } from "@bridge/core";
import { type Clock, waited } from "./clock.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { Step } from "./ledger/steps.ts";
import type { EffectKind, KillMoment, Probe } from "./probe.ts";

/** How long an effect may take, and what else ends it. */
export interface EffectBounds {
  readonly requestKey?: string;
  readonly signal: AbortSignal;
  /** Absent: as long as it takes, until the signal fires. */
  readonly seconds?: number;
  /** How long to wait for its answer once it was told to end: an answer that still comes says what was left. Default 0. */
  readonly graceSeconds?: number;
}

/** The two doors to the world: {@link SideEffects.commit} into the ledger, {@link SideEffects.effect} out of the process. Nothing else in this package awaits I/O. */
export class SideEffects {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #probe: Probe | undefined;

  constructor({ ledger, clock, probe }: { readonly ledger: Ledger; readonly clock: Clock; readonly probe?: Probe | undefined }) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#probe = probe;
  }

  /** Writes a step down; it is durable when this resolves. @throws as {@link Ledger.commit} does. */
  async commit(step: Step): Promise<boolean> {
    const requestKey = "requestKey" in step ? step.requestKey : undefined;
    const point = (moment: KillMoment) => this.#probe?.({ at: "commit", kind: step.kind, moment, ...(requestKey === undefined ? {} : { requestKey }) });
    await point("before");
    const written = this.#ledger.commit(step);
    await heard(written, point("sent"));
    const changed = await written;
    await point("after");
    return changed;
  }

  /**
   * Runs a call that leaves the process. It is given a signal that fires when its time is over or the caller's signal
   * fires; an answer that never comes ends as `timeout`.
   *
   * @throws BridgeError what the call throws, whatever it threw; `timeout`; `aborted`.
   */
  async effect<T>(kind: EffectKind, call: (signal: AbortSignal) => Promise<T>, { requestKey, signal, seconds, graceSeconds = 0 }: EffectBounds): Promise<T> {
    const point = (moment: KillMoment) => this.#probe?.({ at: "effect", kind, moment, ...(requestKey === undefined ? {} : { requestKey }) });
    await point("before");
    if (signal.aborted) throw new BridgeError("aborted", "the call was ended before it began");
    const over = new AbortController();
    const done = new AbortController();
    const inner = AbortSignal.any([signal, over.signal]);
    // A call that throws at once is one that rejects.
    const answer = (async () => call(inner))();
    const late = this.#late(kind, { seconds, graceSeconds, outer: signal, over, done: done.signal });
    await heard(answer, point("sent"));
    try {
      return await Promise.race([answer, late]);
    } catch (thrown) {
      const error = toBridgeError(thrown);
      // Nobody wanted it to end: that it was told to is only how its time was over.
      throw error.code === "aborted" && over.signal.aborted && !signal.aborted ? timedOut(kind, seconds, error) : error;
    } finally {
      done.abort();
      await point("after");
    }
  }

  /** Rejects when the time is over, or when the outer signal has fired and the grace has passed. */
  async #late(kind: EffectKind, { seconds, graceSeconds, outer, over, done }: {
    readonly seconds: number | undefined; readonly graceSeconds: number; readonly outer: AbortSignal; readonly over: AbortController; readonly done: AbortSignal;
  }): Promise<never> {
    const end = AbortSignal.any([outer, done]);
    const inTime = seconds === undefined ? await fires(end) : !(await waited(this.#clock, seconds * 1000, end));
    if (!inTime) over.abort();
    if (!done.aborted) await waited(this.#clock, graceSeconds * 1000, done);
    if (inTime) throw new BridgeError("aborted", `${kind} was ended`);
    throw timedOut(kind, seconds);
  }
}

/** Keeps what an answer to the end of its time said about what was left. */
function timedOut(kind: EffectKind, seconds: number | undefined, { outcome, ref }: Pick<BridgeErrorDetails, "outcome" | "ref"> = {}): BridgeError {
  return new BridgeError("timeout", `${kind} was not answered within ${seconds} s`, { ...(outcome === undefined ? {} : { outcome }), ...(ref === undefined ? {} : { ref }) });
}

/** Waits for a probe while an answer may already fail. */
async function heard(answer: Promise<unknown>, probed: Promise<void> | void): Promise<void> {
  answer.catch(() => {});
  await probed;
}

/** Resolves to true when the signal fires. */
const fires = (signal: AbortSignal): Promise<true> => new Promise((resolve) => {
  if (signal.aborted) resolve(true);
  else signal.addEventListener("abort", () => resolve(true), { once: true });
});
