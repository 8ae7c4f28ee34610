import { describe, expect, it } from "vitest";
import { BridgeError, type ErrorCode, type Outcome } from "../../src/index.ts";
import { caught } from "../fixtures/caught.ts";
import { fleetOf } from "../fixtures/fleets.ts";
import { envelope, grantOf } from "../fixtures/grants.ts";
import { scripted } from "../fixtures/scripted-backend.ts";

const failing = (code: ErrorCode, outcome?: Outcome) => async () => { throw new BridgeError(code, `failed with ${code}`, outcome === undefined ? {} : { outcome }); };

describe("after a failed attempt", () => {
  it("that left nothing for certain, the next backend is tried at once", async () => {
    const calls: string[] = [];
    const fleet = fleetOf([scripted("a", { provision: failing("no_capacity", "none") }, { calls }), scripted("b", {}, { calls })]);
    expect((await fleet.provisionForGrant(grantOf(), envelope)).attempt).toBe(2);
    expect(calls).toEqual(["a.provision", "b.provision"]);
  });

  it.each([["exists", "exists"], ["unknown", "unknown"], ["unknown, as nothing is said", undefined]] as const)(
    "that left something (%s), it is terminated before the next backend is tried", async (_what, outcome) => {
      const calls: string[] = [];
      let terminated = false;
      const terminate = async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        terminated = true;
      };
      const onAttempt = ({ backend }: { backend: string }) => void (backend === "b" && expect(terminated).toBe(true));
      const fleet = fleetOf([scripted("a", { provision: failing("timeout", outcome), terminate }, { calls }), scripted("b", {}, { calls })]);
      await fleet.provisionForGrant(grantOf(), envelope, { onAttempt });
      expect(calls).toEqual(["a.provision", "a.terminate", "b.provision"]);
    },
  );

  it("of an error that is no BridgeError, the outcome is unknown", async () => {
    const calls: string[] = [];
    const fleet = fleetOf([scripted("a", { provision: async () => { throw new TypeError("a bug"); } }, { calls }), scripted("b", {}, { calls })]);
    await fleet.provisionForGrant(grantOf(), envelope);
    expect(calls).toEqual(["a.provision", "a.terminate", "b.provision"]);
  });

  it("whose remains cannot be terminated, nothing more is tried, and the error holds both and the ref", async () => {
    const calls: string[] = [];
    const fleet = fleetOf([scripted("a", { provision: failing("timeout", "exists"), terminate: failing("forbidden") }, { calls }), scripted("b", {}, { calls })]);
    const error = await caught(() => fleet.provisionForGrant(grantOf(), envelope));
    expect(calls).toEqual(["a.provision", "a.terminate"]);
    expect(error).toMatchObject({ code: "timeout", outcome: "exists", backend: "a", ref: { backend: "a", attempt: 1 } });
    expect(error.message).toContain("failed with forbidden");
    expect(error.cause).toMatchObject({ errors: [{ code: "timeout" }, { code: "forbidden" }] });
  });

  it.each(["invalid_grant", "grant_expired", "image_mismatch", "aborted", "lease_lost", "attempt_spent", "conflict"] as const)(
    "that says %s, nothing more is tried and nothing is terminated", async (code) => {
      const calls: string[] = [];
      const fleet = fleetOf([scripted("a", { provision: failing(code, "unknown") }, { calls }), scripted("b", {}, { calls })]);
      const error = await caught(() => fleet.provisionForGrant(grantOf(), envelope));
      expect(calls).toEqual(["a.provision"]);
      expect(error).toMatchObject({ code, backend: "a", operation: "provision", outcome: "unknown", ref: { attempt: 1 } });
    },
  );

  it("with fallback never, nothing more is tried and nothing is terminated", async () => {
    const calls: string[] = [];
    const fleet = fleetOf([scripted("a", { provision: failing("no_capacity", "exists") }, { calls }), scripted("b", {}, { calls })], { fallback: "never" });
    expect(await caught(() => fleet.provisionForGrant(grantOf(), envelope))).toMatchObject({ code: "no_capacity", outcome: "exists", routing: [{ backend: "a", verdict: "failed" }] });
    expect(calls).toEqual(["a.provision"]);
  });

  it("of the last candidate, a single failure is thrown as it is", async () => {
    const error = await caught(() => fleetOf([scripted("a", { provision: failing("quota_exceeded", "none") })]).provisionForGrant(grantOf(), envelope));
    expect(error).toMatchObject({ code: "quota_exceeded", backend: "a", message: "failed with quota_exceeded", routing: [{ backend: "a", verdict: "failed", reason: "quota_exceeded" }] });
  });

  it("of the last candidate, the error holds every cause", async () => {
    const fleet = fleetOf([scripted("a", { provision: failing("quota_exceeded", "none") }), scripted("b", { provision: failing("no_capacity", "none") }), scripted("c", { placements: failing("unavailable") })]);
    const error = await caught(() => fleet.provisionForGrant(grantOf(), envelope));
    expect(error).toMatchObject({ outcome: "none", cause: { errors: [{ code: "quota_exceeded", backend: "a" }, { code: "no_capacity", backend: "b" }, { code: "unavailable", backend: "c" }] } });
    for (const part of ["a: quota_exceeded", "b: no_capacity", "c: unavailable"]) expect(error.message).toContain(part);
    expect(error.routing?.map(({ backend, verdict, reason }) => [backend, verdict, reason])).toEqual([["a", "failed", "quota_exceeded"], ["b", "failed", "no_capacity"], ["c", "failed", "unavailable"]]);
  });

  it("because the answer belongs to another attempt, the attempt is terminated", async () => {
    const calls: string[] = [];
    const stranger = await fleetOf([scripted("x")]).provisionForGrant(grantOf({}, { requestId: "other" }), envelope);
    const fleet = fleetOf([scripted("a", { provision: async () => stranger }, { calls }), scripted("b", {}, { calls })]);
    expect((await fleet.provisionForGrant(grantOf(), envelope)).backend).toBe("b");
    expect(calls).toEqual(["a.provision", "a.terminate", "b.provision"]);
  });
});
