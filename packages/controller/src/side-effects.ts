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
    await heard([written], point("sent"));
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
    // 10,000 of them may be under way: few objects, and no composed signals.
    const over = new AbortController();
    const done = new AbortController();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const giveUp = async (error: BridgeError) => {
      over.abort();
      if (await waited(this.#clock, graceSeconds * 1000, done.signal)) reject(error);
    };
    const onAbort = () => void giveUp(new BridgeError("aborted", `${kind} was ended`));
    signal.addEventListener("abort", onAbort, { once: true });
    if (seconds !== undefined) {
      const whenTimeIsOver = async () => {
        if (await waited(this.#clock, seconds * 1000, done.signal)) await giveUp(timedOut(kind, seconds));
      };
      void whenTimeIsOver();
    }
    // A call that throws at once is one that rejects.
    const answer = (async () => call(over.signal))();
    await heard([answer, late], point("sent"));
    try {
      return await Promise.race([answer, late]);
    } catch (thrown) {
      const error = toBridgeError(thrown);
      // Nobody wanted it to end: that it was told to is only how its time was over.
      throw error.code === "aborted" && over.signal.aborted && !signal.aborted ? timedOut(kind, seconds, error) : error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      done.abort();
      await point("after");
    }
  }
}

/** Keeps what an answer to the end of its time said about what was left. */
function timedOut(kind: EffectKind, seconds: number | undefined, { outcome, ref }: Pick<BridgeErrorDetails, "outcome" | "ref"> = {}): BridgeError {
  return new BridgeError("timeout", `${kind} was not answered within ${seconds} s`, { ...(outcome === undefined ? {} : { outcome }), ...(ref === undefined ? {} : { ref }) });
}

/** Waits for a probe while an answer may already fail. */
async function heard(answers: readonly Promise<unknown>[], probed: Promise<void> | void): Promise<void> {
  for (const answer of answers) answer.catch(() => {});
  await probed;
}
