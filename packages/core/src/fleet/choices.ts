import type { ComputeGrant, Placement } from "../backend/words.ts";
import { BridgeError, toBridgeError } from "../errors/bridge-error.ts";
import type { FleetHealth } from "./health.ts";
import { finalCodes } from "./hooks.ts";
import type { FleetMember } from "./members.ts";
import { placementsOf, type Verdict } from "./route.ts";
import type { RoutingStep } from "./routing-record.ts";

/** Hears of a decision. */
type Note = (step: RoutingStep) => Promise<void>;

/** What {@link choices} works with. */
export interface Search {
  readonly grant: ComputeGrant;
  /** In order of preference. */
  readonly candidates: readonly FleetMember[];
  readonly health: FleetHealth;
  readonly note: Note;
  /** Gets the reason of everything that was passed over. */
  readonly failures: BridgeError[];
  readonly signal: AbortSignal | undefined;
}

/** The backends that can serve a grant, in the order in which they were judged. */
export const candidatesOf = (verdicts: readonly Verdict[]): readonly FleetMember[] =>
  verdicts.filter(({ refusals }) => refusals.length === 0).map(({ member }) => member);

/** Notes why backends will not serve. */
export async function noteRefusals(verdicts: readonly Verdict[], note: Note): Promise<void> {
  for (const { member: { backend: { name } }, refusals, milliseconds } of verdicts) {
    for (const { reason, message } of refusals) await note({ backend: name, verdict: "refused", reason, message, milliseconds });
  }
}

/** Every placement of every candidate that is not passed over. */
export async function* choices({ grant, candidates, health, note, failures, signal }: Search): AsyncGenerator<{ readonly member: FleetMember; readonly placement: Placement }> {
  for (const member of candidates) {
    const { name } = member.backend;
    const started = performance.now();
    let placements: readonly Placement[] = [];
    try {
      placements = await placementsOf(member, grant, health, signal);
    } catch (thrown) {
      const error = toBridgeError(thrown, { backend: name, operation: "placements", outcome: "none" });
      if (finalCodes.includes(error.code)) throw error;
      failures.push(error);
      await note({ backend: name, verdict: "failed", reason: error.code, message: error.message, milliseconds: performance.now() - started });
    }
    for (const placement of placements) {
      if (health.refusal(name) !== undefined) break;
      const seconds = health.secondsExhausted(name, placement);
      if (seconds === 0) yield { member, placement };
      else {
        failures.push(new BridgeError("no_capacity", `${name}: ${placement.region} ${placement.size} had no capacity a moment ago`, { backend: name, outcome: "none", retryAfterSeconds: seconds }));
        await note({ backend: name, placement, verdict: "skipped", reason: "no_capacity", message: `failed a moment ago; tried again in ${seconds} s`, milliseconds: 0 });
      }
    }
  }
}
