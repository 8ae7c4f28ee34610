import { afterAll, beforeAll, expect, test } from "vitest";
import { runHistory } from "../crash/simulate/history.ts";
import { providerId, startMs } from "../crash/simulate/names.ts";
import type { Plan } from "../crash/simulate/plan.ts";
import { Store } from "../crash/simulate/store.ts";
import { Tally } from "../crash/simulate/tally.ts";
import type { Scenario } from "../crash/simulate/world.ts";

let store: Store;
beforeAll(async () => { store = await Store.open(); });
afterAll(() => store.close());

const grant = (leaseSeconds: number): Plan["grants"][number] => ({
  submitAfterMs: 0, leaseSeconds, fate: {}, grant: {
    requestId: "g", issuer: "issuer", providerId, validFrom: startMs / 1000 - 60, validTo: startMs / 1000 + leaseSeconds,
    manifest: { cpuMillicores: 1000, ramMib: 1024, storageGib: 0, arch: "amd64", tdx: "none", regions: [] },
  },
});
const calm: Omit<Plan, "grants"> = {
  ends: [], downMs: [], startAheadMs: 0, clockSteps: [], strangers: [], rules: {}, settings: {}, concurrentGrants: 10, livesWithoutBeta: [], healAfterMs: 1_000_000,
};

/** The same scenario with other delays; what came of the grant in each. */
async function outcomes({ plan, faults = [] }: Partial<Scenario>): Promise<readonly string[]> {
  const tally = new Tally();
  for (let seed = 1; seed <= 20; seed += 1) {
    expect(await runHistory({ seed, store, tally, scenario: { plan: { ...calm, adoptsAfterMs: 0, ...plan }, faults } }), `seed ${seed}`).toEqual([]);
  }
  return Object.keys(tally.counts["outcomes"] ?? {});
}

test("a restart on a computer whose clock is hours ahead ends no machine before its deadline", async () => {
  const plan = { grants: [grant(600)], ends: [{ by: "stop", afterMs: 90_000, lingers: false }], downMs: [20_000], clockSteps: [{ afterMs: 100_000, aheadMs: 7_200_000 }], healAfterMs: 400_000 } as const;
  expect(await outcomes({ plan })).toEqual(["deadline"]);
});

test("a restart with a clock hours ahead ends no machine that is still coming up", async () => {
  const plan = { grants: [grant(600)], ends: [{ by: "kill point", point: "commit:ready:before", occurrence: 1 }], downMs: [20_000], startAheadMs: 7000, clockSteps: [{ afterMs: 12_000, aheadMs: 7_200_000 }], healAfterMs: 100_000 } as const;
  expect(await outcomes({ plan })).toEqual(["deadline"]);
});

test("a clock that is set back after a deadline was decided keeps nobody busy", async () => {
  const plan = { grants: [grant(60)], startAheadMs: 50_000, clockSteps: [{ afterMs: 15_000, aheadMs: 0 }] } as const;
  expect(await outcomes({ plan, faults: ["create hangs"] })).toEqual(["failed"]);
});

test("another ledger's machine under the same name is left to its deadline, also when it was not seen in time", async () => {
  const plan = { grants: [grant(600)], strangers: [{ kind: "foreign ledger, same name", leaseSeconds: 600, grantIndex: 0 }], healAfterMs: 100_000, settings: { maxAttempts: 1 } } as const;
  expect(await outcomes({ plan, faults: ["list fails"] })).toEqual(["failed"]);
});

test("a grant that waits in vain for backends that hang fails for that reason, not as if somebody had cancelled it", async () => {
  const plan = { grants: [grant(900)], settings: { placementWaitSeconds: 1 } } as const;
  expect(await outcomes({ plan, faults: ["choose hangs"] })).toEqual(["failed"]);
});

test("a clock that was set back makes nobody ask again for a machine that the platform has made and forgotten", async () => {
  const plan = {
    grants: [{ ...grant(800), fate: { vanishesAfterMs: 100_000 } }], ends: [{ by: "kill point", point: "commit:created:after", occurrence: 1 }], downMs: [300_000],
    clockSteps: [{ afterMs: 45_000, aheadMs: -702_000 }], rules: { remembersSeconds: 200 }, healAfterMs: 600_000,
  } as const;
  expect(await outcomes({ plan })).toEqual(["lost"]);
});

test("a workload that may have been started is started nowhere else", async () => {
  expect(await outcomes({ plan: { grants: [grant(900)], healAfterMs: 150_000 }, faults: ["start hangs"] })).toEqual(["failed"]);
});
