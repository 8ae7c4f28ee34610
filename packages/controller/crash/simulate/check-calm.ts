import { type Machine, machineName } from "./machine.ts";
import { isOwn } from "./names.ts";
import type { World } from "./world.ts";

/** Around its deadline a machine may be said to have ended by it or by itself. */
const edgeMs = 60_000;
const shortestLeaseSeconds = 150;

/** How a run ended according to its log, and whether its wall time is known. */
export interface Ending {
  readonly reason: string;
  readonly isWallKnown: boolean;
  readonly attempt: number;
}

/** Where nothing went wrong, every grant runs to the end that the platform's books tell: who promises nothing breaks no promise either. */
export function checkCalm(world: World, requestKey: string, ending: Ending | undefined): void {
  const { plan, faults, checks, platform } = world;
  const isCalm = faults.counts.size === 0 && plan.ends.length === 0 && plan.startAheadMs === 0 && plan.clockSteps.length === 0 && plan.strangers.length === 0 && plan.livesWithoutBeta.length === 0;
  const planned = plan.grants.find(({ grant: { requestId } }) => world.store.grant(requestKey)?.["request_id"] === requestId);
  if (!isCalm || planned === undefined || planned.cancelAfterMs !== undefined) return;
  // Of a lease that was asked for again and again, because of the limits, little may be left when it is accepted.
  const { accepted_at_ms: acceptedAtMs, deadline_ms: deadlineMs } = world.store.grant(requestKey) ?? {};
  if (Number(deadlineMs) - Number(acceptedAtMs) < shortestLeaseSeconds * 1000) return;
  // It may have vanished before it ran.
  if ((planned.fate.vanishesAfterMs ?? Number.POSITIVE_INFINITY) < edgeMs) return;
  world.tally.count("sums", "grants in calm");
  const wrong = (what: string) => checks.violate(`${requestKey} ${what}, and nothing had gone wrong`);
  if (ending === undefined) return wrong("failed");
  if (!ending.isWallKnown && ending.reason !== "lost") wrong("has no wall time");
  const machine = platform.machines.find((one) => isOwn(one) && one.spec.name === machineName({ requestKey, attempt: ending.attempt }));
  const expected = machine === undefined ? [] : endsOf(machine);
  if (!expected.includes(ending.reason)) wrong(`ended as ${ending.reason}, not as ${expected.join(" or ")}`);
}

function endsOf({ exit, goneAtMs, endingAtMs, spec: { deadlineMs } }: Machine): readonly string[] {
  const vanishedAtMs = endingAtMs === undefined ? goneAtMs : undefined;
  const endedAtMs = exit?.atMs ?? vanishedAtMs ?? Number.POSITIVE_INFINITY;
  const itself = exit === undefined ? "lost" : "exited";
  if (endedAtMs < deadlineMs - edgeMs) return [itself];
  return ["deadline", itself];
}
