import type { ComputeGrant } from "@bridge/core";
import { killPoints } from "../../src/probe.ts";
import type { ControllerSettings } from "../../src/settings.ts";
import type { PlatformRules } from "./platform.ts";
import type { Random } from "./random.ts";

/** What becomes of the machine of a grant by itself. */
export interface Fate {
  /** After its start. */
  readonly exitsAfterMs?: number;
  readonly code?: number;
  /** After its making. */
  readonly vanishesAfterMs?: number;
}

/** What a requester does with one grant. */
export interface GrantPlan {
  readonly grant: ComputeGrant;
  readonly submitAfterMs: number;
  /** From then to its deadline. */
  readonly leaseSeconds: number;
  readonly cancelAfterMs?: number;
  readonly submitsAgainAfterMs?: number;
  readonly fate: Fate;
}

/** How a process ends. `after`: at the n-th probe or step of its life. */
export type EndPlan =
  | { readonly by: "kill point"; readonly point: string; readonly occurrence: number }
  | { readonly by: "probe"; readonly after: number }
  | { readonly by: "step"; readonly after: number }
  | { readonly by: "stop"; readonly afterMs: number; /** The process goes on, with the next controller in it. */ readonly lingers: boolean };

/** Somebody sets our clock: from then on it is ahead by so much. */
export interface ClockStep {
  readonly afterMs: number;
  readonly aheadMs: number;
}

/** What else is on the platform that is not this ledger's. */
export type StrangerKind = "foreign owner" | "foreign ledger" | "foreign ledger, same name" | "adopted ledger" | "own ledger, unknown";

/** One such machine. */
export interface StrangerPlan {
  readonly kind: StrangerKind;
  readonly leaseSeconds: number;
  /** Whose name it has, where it has one of ours. */
  readonly grantIndex: number;
}

/** All that is decided before a history begins. */
export interface Plan {
  readonly grants: readonly GrantPlan[];
  /** One for each life; a life without one lives on. */
  readonly ends: readonly EndPlan[];
  readonly downMs: readonly number[];
  readonly startAheadMs: number;
  readonly clockSteps: readonly ClockStep[];
  readonly strangers: readonly StrangerPlan[];
  readonly adoptsAfterMs?: number;
  readonly rules: PlatformRules;
  readonly settings: Partial<ControllerSettings>;
  readonly concurrentGrants: number;
  /** Lives whose configuration lacks the second backend. */
  readonly livesWithoutBeta: readonly number[];
  readonly healAfterMs: number;
}

const issuers = ["issuer-a", "issuer-b"] as const;

/** Draws a plan. */
export function drawPlan(random: Random, startMs: number, ids: { readonly providerId: string }): Plan {
  const rules: PlatformRules = {
    ...(random.chance(0.5) ? { ownDeadlineSeconds: random.pick([0, 300]) } : {}),
    ...(random.chance(0.2) ? { remembersSeconds: 200 } : {}),
  };
  // A clock that was ahead when an attempt was decided, and is set right after, makes it look younger than it is. Where a
  // platform forgets names within minutes nobody can tell: there, clocks are only ever behind.
  const ahead = () => (rules.remembersSeconds === undefined ? drawAhead(random) : -Math.abs(drawAhead(random)));
  const grants = Array.from({ length: random.pick([1, 1, 1, 1, 2, 3]) }, (_, index) => drawGrant(random, startMs, { index, ...ids }));
  const ends = Array.from({ length: random.pick([0, 0, 1, 1, 1, 2, 2, 3, 4]) }, (_, life) => drawEnd(random, life));
  return {
    grants, ends, rules,
    downMs: ends.map(() => random.pick([0, 0, 1000, 20_000, 300_000, 1_200_000])),
    startAheadMs: random.chance(0.15) ? ahead() : 0,
    clockSteps: random.chance(0.35) ? Array.from({ length: random.between(1, 2) }, () => ({ afterMs: random.between(0, 900_000), aheadMs: ahead() })) : [],
    strangers: Array.from({ length: random.pick([0, 0, 1, 2]) }, () => drawStranger(random, grants.length)),
    ...(random.chance(0.3) ? { adoptsAfterMs: random.between(0, 400_000) } : {}),
    settings: {
      sampleSeconds: random.pick([1, 60]), sweepSeconds: random.pick([60, 120, 300]), placementWaitSeconds: random.pick([1, 60, 300]),
      provisionsAtOnce: random.pick([1, 2, 64]), endedPerSweep: random.pick([1, 10]), maxAttempts: random.pick([1, 2, 3, 3]),
    },
    concurrentGrants: random.pick([1, 2, 10, 10]),
    livesWithoutBeta: random.chance(0.1) ? [random.between(1, 2)] : [],
    healAfterMs: random.between(200_000, 1_200_000),
  };
}

function drawGrant(random: Random, startMs: number, { index, providerId }: { readonly index: number; readonly providerId: string }): GrantPlan {
  const submitAfterMs = random.pick([0, random.between(0, 10_000), random.between(0, 300_000)]);
  const leaseSeconds = random.chance(0.15) ? random.between(30, 120) : random.between(150, 900);
  const startTick = Math.floor(startMs / 1000);
  const fate: Fate = random.pick<() => Fate>([
    () => ({}), () => ({ exitsAfterMs: random.between(0, 30_000), code: random.pick([0, 1, 137]) }), () => ({ exitsAfterMs: random.between(0, 600_000), code: 0 }),
    () => ({ vanishesAfterMs: random.between(0, 400_000) }),
  ])();
  return {
    grant: {
      requestId: `g${index + 1}`, issuer: random.pick(issuers), providerId, validFrom: startTick - 3600, validTo: startTick + Math.ceil(submitAfterMs / 1000) + leaseSeconds,
      manifest: { cpuMillicores: 1000, ramMib: 1024, storageGib: 0, arch: "amd64", tdx: "none", regions: [] },
    },
    submitAfterMs, leaseSeconds, fate,
    ...(random.chance(0.35) ? { cancelAfterMs: random.pick([random.between(0, 2000), random.between(0, 60_000), random.between(0, 500_000)]) } : {}),
    ...(random.chance(0.2) ? { submitsAgainAfterMs: random.between(0, 100_000) } : {}),
  };
}

function drawEnd(random: Random, life: number): EndPlan {
  // A process that was just restarted dies early rather often: in the middle of its recovery.
  if (life > 0 && random.chance(0.4)) return random.chance(0.5) ? { by: "probe", after: random.between(1, 12) } : { by: "step", after: random.between(0, 25) };
  const [first = "", ...more] = killPoints;
  return random.pick<() => EndPlan>([
    () => ({ by: "kill point", point: random.pick([first, ...more]), occurrence: random.pick([1, 1, 1, 2, 3]) }),
    () => ({ by: "kill point", point: random.pick([first, ...more]), occurrence: random.pick([1, 1, 1, 2, 3]) }),
    () => ({ by: "kill point", point: random.pick([first, ...more]), occurrence: random.pick([1, 1, 1, 2, 3]) }),
    () => ({ by: "step", after: random.between(1, 400) }),
    () => ({ by: "stop", afterMs: random.between(0, 400_000), lingers: random.chance(0.5) }),
  ])();
}

/** Half of them within a minute, which is tolerated, half beyond. */
function drawAhead(random: Random): number {
  const amountMs = random.chance(0.4) ? random.between(1000, 55_000) : random.between(65_000, 7_200_000);
  return random.chance(0.5) ? amountMs : -amountMs;
}

const drawStranger = (random: Random, grants: number): StrangerPlan => ({
  kind: random.pick(["foreign owner", "foreign ledger", "foreign ledger, same name", "adopted ledger", "own ledger, unknown"]),
  leaseSeconds: random.between(-60, 900), grantIndex: random.between(0, grants - 1),
});
