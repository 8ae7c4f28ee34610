import { describe, expect, it } from "vitest";
import { BridgeError, type ErrorCode } from "../../src/index.ts";
import { caught } from "../fixtures/caught.ts";
import { fleetOf } from "../fixtures/fleets.ts";
import { envelope, grantOf, startMs } from "../fixtures/grants.ts";
import { keepLog } from "../fixtures/logs.ts";
import { instanceFor, roomy, scripted } from "../fixtures/scripted-backend.ts";

/** A Fleet of `first`, which fails as long as it is told to, and `second`; and its clock. */
function setUp(code: ErrorCode, retryAfterSeconds?: number) {
  const state = { nowMs: startMs, fails: true, failsIn: undefined as string | undefined };
  const calls: string[] = [];
  const { log, lines } = keepLog();
  const first = scripted("first", {
    placements: async () => ["x", "y"].map((region) => ({ scope: "s", region, size: "z", resolved: {} })),
    provision: async (_grant, _envelope, { placement }) => {
      calls.push(`first ${placement.region}`);
      if (!state.fails || (state.failsIn ?? placement.region) !== placement.region) throw new BridgeError("lease_lost", "far enough", { outcome: "none" });
      throw new BridgeError(code, "no", { outcome: "none", ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
    },
  });
  const second = scripted("second", { provision: async () => { calls.push("second"); throw new BridgeError("lease_lost", "far enough", { outcome: "none" }); } });
  const fleet = fleetOf([first, second], { now: () => state.nowMs, log });
  const provision = async () => {
    calls.length = 0;
    const error = await caught(() => fleet.provisionForGrant(grantOf(), envelope));
    return { error, calls: [...calls] };
  };
  return { state, provision, lines, fleet };
}

describe("failed capacity", () => {
  it.each(["no_capacity", "quota_exceeded"] as const)("(%s) is remembered for three minutes, per region", async (code) => {
    const { state, provision } = setUp(code);
    state.failsIn = "x";
    expect((await provision()).calls).toEqual(["first x", "first y"]);
    const again = await provision();
    expect(again.calls).toEqual(["first y"]);
    expect(again.error.routing?.[0]).toMatchObject({ backend: "first", verdict: "skipped", reason: "no_capacity", placement: { region: "x" } });
    state.nowMs += 179_000;
    expect((await provision()).calls).toEqual(["first y"]);
    state.nowMs += 1000;
    expect((await provision()).calls).toEqual(["first x", "first y"]);
  });

  it("is remembered for as long as the platform says, where that is longer", async () => {
    const { state, provision } = setUp("no_capacity", 600);
    await provision();
    state.nowMs += 599_000;
    expect((await provision()).calls).toEqual(["second"]);
    state.nowMs += 1000;
    expect((await provision()).calls).toEqual(["first x", "first y", "second"]);
  });

  it("everywhere leaves an error that says when to come back", async () => {
    const provision = async () => { throw new BridgeError("no_capacity", "full", { outcome: "none" }); };
    const fleet = fleetOf([scripted("a", { provision })]);
    await caught(() => fleet.provisionForGrant(grantOf(), envelope));
    expect(await caught(() => fleet.provisionForGrant(grantOf(), envelope))).toMatchObject({ code: "no_capacity", retryable: true, retryAfterSeconds: 180, outcome: "none" });
  });
});

describe("a backend whose credentials or configuration are wrong", () => {
  it.each(["unauthorized", "forbidden", "invalid_config"] as const)("(%s) is passed over as a whole for three minutes, loudly", async (code) => {
    const { state, provision, lines } = setUp(code);
    expect((await provision()).calls).toEqual(["first x", "second"]);
    expect(lines.filter(({ level }) => level === "error")).toMatchObject([{ fields: { backend: "first", code }, message: "backend is unhealthy: its credentials or configuration are wrong" }]);
    const again = await provision();
    expect(again.calls).toEqual(["second"]);
    expect(again.error.routing?.[0]).toMatchObject({ backend: "first", verdict: "refused", reason: "unhealthy" });
    state.nowMs += 180_000;
    expect((await provision()).calls).toEqual(["first x", "second"]);
  });

  it("says so in plans", async () => {
    const { provision, fleet } = setUp("unauthorized");
    await provision();
    expect((await fleet.explain(grantOf())).refusals["first"]).toMatchObject([{ reason: "unhealthy" }]);
  });
});

describe("any other failure", () => {
  it("is not remembered", async () => {
    const { provision } = setUp("rate_limited");
    expect((await provision()).calls).toEqual(["first x", "first y", "second"]);
    expect((await provision()).calls).toEqual(["first x", "first y", "second"]);
  });
});

describe("capabilities", () => {
  it("are asked once a minute for routing; failures are not kept", async () => {
    let nowMs = startMs;
    let asked = 0;
    let fails = true;
    const fleet = fleetOf([scripted("a", { capabilities: async () => {
      asked += 1;
      if (fails) throw new BridgeError("unavailable", "down");
      return roomy;
    } })], { now: () => nowMs });
    await caught(() => fleet.provisionForGrant(grantOf(), envelope));
    fails = false;
    await fleet.provisionForGrant(grantOf(), envelope);
    expect(asked).toBe(2);
    nowMs += 59_000;
    await fleet.provisionForGrant(grantOf(), envelope);
    expect(asked).toBe(2);
    nowMs += 1000;
    await fleet.provisionForGrant(grantOf(), envelope);
    expect(asked).toBe(3);
  });
});

it("one pool of a size without capacity passes over no other pool of it", async () => {
  const inPool = (pool: string) => ({ scope: "a", region: "here", size: "small", pool, resolved: {} });
  const tried: (string | undefined)[] = [];
  const fleet = fleetOf([scripted("a", {
    placements: async () => [inPool("zone-a"), inPool("zone-b")],
    provision: async (grant, _envelope, context) => {
      tried.push(context.placement.pool);
      if (context.placement.pool === "zone-a") throw new BridgeError("no_capacity", "full", { outcome: "none" });
      return instanceFor("a", grant, context);
    },
  })]);
  await fleet.provisionForGrant(grantOf(), envelope);
  await fleet.provisionForGrant(grantOf({}, { requestId: "another" }), envelope);
  expect(tried).toEqual(["zone-a", "zone-b", "zone-b"]);
});
