/** What goes wrong with a call. */
export type FaultEffect =
  /** Refused, definitely; nothing is done. */
  | { readonly kind: "error"; readonly status: number; readonly code: string; readonly message?: string }
  /** A proxy answers in HTML; nothing is done. */
  | { readonly kind: "page"; readonly status: number }
  /** It never arrives; its sender hears a reset. */
  | { readonly kind: "lose request" }
  /** Its sender hears a reset at once; it takes effect after so many seconds. */
  | { readonly kind: "lose answer"; readonly afterSeconds?: number }
  /** It takes effect, and is answered, after so many seconds. */
  | { readonly kind: "slow"; readonly seconds: number }
  /** It is never answered. */
  | { readonly kind: "hang"; readonly takesEffect: boolean }
  /** It takes effect; the answer ends in the middle. */
  | { readonly kind: "break off" }
  /** A read that is so old; default: older than everything that exists. */
  | { readonly kind: "stale"; readonly ageSeconds?: number };

/** A fault that waits for the calls that it fits. */
export interface CallFault {
  /** `RunInstances` */
  readonly action: string;
  /** Default: in any. */
  readonly region?: string;
  /** How many calls it concerns; default 1. Retries that the SDK makes by itself after an answered fault count as one call. */
  readonly times?: number;
  /** Whether it concerns only calls that begin a list: without ids and without a token of an earlier page. */
  readonly listsOnly?: boolean;
  readonly effect: FaultEffect;
}

/** What a fault needs to know of a call. */
export interface FaultyCall {
  readonly action: string;
  /** As it was signed for. */
  readonly region: string | undefined;
  /** The SDK's `amz-sdk-invocation-id`: the same on its own retries. */
  readonly invocationId: string | undefined;
  readonly beginsList: boolean;
}

/** The faults that are waiting. Dry runs meet none. */
export class CallFaults {
  readonly #waiting: { readonly fault: CallFault; left: number }[] = [];
  readonly #answered = new Map<string, FaultEffect>();

  add(fault: CallFault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  /** The effect on a call, which is then used up. */
  take({ action, region, invocationId, beginsList }: FaultyCall): FaultEffect | undefined {
    const before = this.#answered.get(invocationId ?? "");
    if (before !== undefined) return before;
    const fits = (fault: CallFault) => fault.action === action && (fault.region ?? region) === region && (fault.listsOnly !== true || beginsList);
    const met = this.#waiting.find(({ fault, left }) => left > 0 && fits(fault));
    if (met === undefined) return undefined;
    met.left -= 1;
    const { effect } = met.fault;
    if (invocationId !== undefined && (effect.kind === "error" || effect.kind === "page")) this.#answered.set(invocationId, effect);
    return effect;
  }

  /** No more faults. */
  heal(): void {
    this.#waiting.length = 0;
    this.#answered.clear();
  }
}
