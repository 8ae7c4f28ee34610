import type { ErrorCode } from "../errors/codes.ts";

/** What a {@link MemoryPlatform} can be told to do wrong. */
export type MemoryFault = {
  /** How many calls it concerns. Default 1; `Infinity` for all from now on. */
  readonly times?: number;
  /** Concerns only calls for this region. Default: all. Not for `list` and `capabilities`, which are for all regions. */
  readonly region?: string;
} & (
  /** The platform refuses: for a create definitely, so that nothing was made. */
  | { readonly call: MemoryCall; readonly refuse: ErrorCode; readonly retryAfterSeconds?: number }
  /** `request`: never arrives. `answer`: the call takes effect, but its caller hears of a timeout. */
  | { readonly call: "create"; readonly lose: "request" | "answer"; /** The effect comes so much later. */ readonly takesSeconds?: number }
  /** The call takes effect so much later. A create is also answered only then. */
  | { readonly call: "create" | "destroy"; readonly takesSeconds: number }
  /** Lists say what was so when the fault was injected. */
  | { readonly call: "list"; readonly answer: "stale" }
  /** Lists hold nothing, and say that they are not complete. */
  | { readonly call: "list"; readonly answer: "incomplete" }
  /** `nothing`: nobody answers at the machine's address. `other_host_key`: somebody else does. */
  | { readonly call: "connect"; readonly answer: "nothing" | "other_host_key" }
);

/** The calls that a {@link MemoryPlatform} answers. `connect` stands for an SSH connection, `start` for the control channel. */
export type MemoryCall = "capabilities" | "create" | "read" | "list" | "destroy" | "forbid" | "connect" | "start";

/** The faults that wait for their calls, first in, first out. */
export class MemoryFaults {
  #waiting: readonly { readonly fault: MemoryFault; readonly left: number }[] = [];

  add(fault: MemoryFault): void {
    this.#waiting = [...this.#waiting, { fault, left: fault.times ?? 1 }];
  }

  /** The fault that this call meets, which is then used up. */
  take(call: MemoryCall, region?: string): MemoryFault | undefined {
    const met = this.#waiting.find(({ fault }) => fault.call === call && (fault.region === undefined || fault.region === region));
    if (met === undefined) return undefined;
    this.#waiting = this.#waiting.flatMap((waiting) => (waiting !== met ? [waiting] : met.left > 1 ? [{ ...met, left: met.left - 1 }] : []));
    return met.fault;
  }

  /** No more faults. */
  clear(): void {
    this.#waiting = [];
  }
}
