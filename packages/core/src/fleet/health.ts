import type { Capabilities, Refusal } from "../backend/v1.ts";
import type { Placement } from "../backend/words.ts";
import { type BridgeError, toBridgeError } from "../errors/bridge-error.ts";
import type { ErrorCode } from "../errors/codes.ts";
import { ask } from "./ask.ts";
import type { FleetMember } from "./members.ts";

/** Errors that say that the backend itself is wrong, whatever the grant. */
const backendFaults: readonly ErrorCode[] = ["unauthorized", "forbidden", "invalid_config"];
/** A backend that has not answered a question by then is passed over. */
export const answerSeconds = 30;
const capacityFaults: readonly ErrorCode[] = ["no_capacity", "quota_exceeded"];

const placementKey = (backend: string, { region, size, pool }: Placement): string => JSON.stringify([backend, region, size, pool]);

/**
 * What a Fleet remembers for minutes, to route better: capabilities, failed capacity, backends whose credentials failed.
 * Losing it costs a few calls and nothing else.
 */
export class FleetHealth {
  readonly #now: () => number;
  readonly #capabilitiesMaxAgeMs: number;
  readonly #memoryMs: number;
  readonly #capabilities = new Map<string, { readonly at: number; readonly answer: Promise<Capabilities> }>();
  readonly #exhaustedUntil = new Map<string, number>();
  readonly #faults = new Map<string, { readonly until: number; readonly error: BridgeError }>();

  constructor({ now, capabilitiesMaxAgeSeconds, capacityMemorySeconds }: {
    now: () => number; capabilitiesMaxAgeSeconds: number; capacityMemorySeconds: number;
  }) {
    this.#now = now;
    this.#capabilitiesMaxAgeMs = capabilitiesMaxAgeSeconds * 1000;
    this.#memoryMs = capacityMemorySeconds * 1000;
  }

  /** The backend's capabilities, asked at most once per `capabilitiesMaxAgeSeconds`; a failure is not kept. */
  capabilities({ backend }: FleetMember): Promise<Capabilities> {
    const known = this.#capabilities.get(backend.name);
    const now = this.#now();
    if (known !== undefined && now >= known.at && now - known.at < this.#capabilitiesMaxAgeMs) return known.answer;
    const answer = ask((call) => backend.capabilities(call), { seconds: answerSeconds });
    const entry = { at: now, answer };
    this.#capabilities.set(backend.name, entry);
    answer.catch(() => {
      if (this.#capabilities.get(backend.name) === entry) this.#capabilities.delete(backend.name);
    });
    return answer;
  }

  /** Why the whole backend is passed over now, if it is. */
  refusal(backend: string): Refusal | undefined {
    const fault = this.#faults.get(backend);
    if (fault === undefined || this.#now() >= fault.until) return undefined;
    return { reason: "unhealthy", message: `passed over after ${fault.error.code}: ${fault.error.message}` };
  }

  /** Seconds for which this placement is passed over; 0 when it may be tried. */
  secondsExhausted(backend: string, placement: Placement): number {
    const until = this.#exhaustedUntil.get(placementKey(backend, placement)) ?? 0;
    return Math.max(0, Math.ceil((until - this.#now()) / 1000));
  }

  /** Remembers a failed attempt. Returns true when it marks the whole backend unhealthy. */
  remember(backend: string, placement: Placement, failure: unknown): boolean {
    const error = toBridgeError(failure);
    if (capacityFaults.includes(error.code)) {
      const until = Math.max(this.#now() + this.#memoryMs, this.#now() + (error.retryAfterSeconds ?? 0) * 1000);
      this.#exhaustedUntil.set(placementKey(backend, placement), until);
    }
    const fault = backendFaults.includes(error.code);
    if (fault) this.#faults.set(backend, { until: this.#now() + this.#memoryMs, error });
    return fault;
  }
}
