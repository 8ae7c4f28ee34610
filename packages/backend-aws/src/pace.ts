import { BridgeError, type CallOptions } from "@bridge/core/backend";

/** A kind of call that EC2 counts on its own. */
export type CallKind = keyof typeof published;

/**
 * Size and refill per second of EC2's token buckets, for each account and region
 * (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html). `read`: lists that are filtered or paged, as ours all are.
 */
const published = { read: [100, 20], change: [50, 5], launch: [5, 2] } as const satisfies Readonly<Record<string, readonly [size: number, refill: number]>>;

/** So much of each is used: calls do not arrive as evenly as they leave, least of all from a busy computer. */
const [usedAtOnce, usedPerSecond] = [0.6, 0.95];

/** Has all calls of one backend keep to EC2's rates, so that none is refused for coming too soon. */
export class Pace {
  readonly #buckets = new Map<string, TokenBucket>();

  /** Waits for a call's turn; calls of one kind and region go in their order. @throws BridgeError `aborted`. */
  turn(region: string, kind: CallKind, call: CallOptions): Promise<void> {
    const key = `${region}/${kind}`;
    let bucket = this.#buckets.get(key);
    const [size, refill] = published[kind];
    if (bucket === undefined) this.#buckets.set(key, bucket = new TokenBucket(size * usedAtOnce, refill * usedPerSecond));
    return bucket.take(call);
  }
}

/** A bucket of tokens that fills up by time; those who find it empty wait, the first who came first. */
export class TokenBucket {
  readonly #size: number;
  readonly #perMs: number;
  readonly #waiting = new Set<() => void>();
  #tokens: number;
  #filledMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(size: number, refillPerSecond: number) {
    this.#size = size;
    this.#perMs = refillPerSecond / 1000;
    this.#tokens = size;
  }

  /** Takes one token, as soon as there is one. Who leaves takes none. @throws BridgeError `aborted` as soon as the signal fires. */
  async take({ signal }: CallOptions): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => reject(new BridgeError("aborted", "the caller ended the call"));
    if (signal?.aborted === true) onAbort();
    else this.#waiting.add(resolve);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      this.#serve();
      await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#waiting.delete(resolve);
      if (this.#waiting.size === 0) clearTimeout(this.#timer);
    }
  }

  #serve(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#size, this.#tokens + (now - this.#filledMs) * this.#perMs);
    this.#filledMs = now;
    for (const next of this.#waiting) {
      if (this.#tokens < 1) break;
      this.#tokens -= 1;
      this.#waiting.delete(next);
      next();
    }
    clearTimeout(this.#timer);
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#serve(), Math.ceil((1 - this.#tokens) / this.#perMs));
  }
}
