import { AwsError } from "../aws/aws-error.ts";

/** Size, and tokens per second. */
type Bucket = readonly [size: number, refill: number];

/** As EC2 publishes them, per account and region ("Request throttling for the Amazon EC2 API"). */
const published = {
  "non-mutating": [100, 20], "unfiltered": [50, 10], "mutating": [50, 5], "RunInstances": [5, 2],
  "instances to run": [1000, 2], "instances to terminate": [1000, 20],
} satisfies Readonly<Record<string, Bucket>>;

/** What a call takes from the buckets. */
export interface Draw {
  readonly account: string;
  readonly action: string;
  readonly isFilteredOrPaged: boolean;
  /** Instances that it is about. */
  readonly instances: number;
}

/** EC2's token buckets. */
export class TokenBuckets {
  readonly #now: () => number;
  readonly #levels = new Map<string, { tokens: number; atMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws AwsError `RequestLimitExceeded`, HTTP 503, when a bucket is empty. */
  draw({ account, action, isFilteredOrPaged, instances }: Draw): void {
    const reads = /^(Describe|Get|List|Search)/.test(action);
    const bucket = reads ? (isFilteredOrPaged || !action.startsWith("Describe") ? "non-mutating" : "unfiltered") : action === "RunInstances" ? "RunInstances" : "mutating";
    this.#take(account, bucket, 1);
    if (action === "RunInstances") this.#take(account, "instances to run", instances);
    if (action === "TerminateInstances") this.#take(account, "instances to terminate", instances);
  }

  #take(account: string, name: keyof typeof published, count: number): void {
    const [size, refill] = published[name];
    const key = `${account}/${name}`;
    const { tokens, atMs } = this.#levels.get(key) ?? { tokens: size, atMs: this.#now() };
    const filled = Math.min(size, tokens + (Math.max(0, this.#now() - atMs) / 1000) * refill);
    if (filled < count) throw new AwsError("RequestLimitExceeded", "Request limit exceeded.", 503);
    this.#levels.set(key, { tokens: filled - count, atMs: this.#now() });
  }
}
