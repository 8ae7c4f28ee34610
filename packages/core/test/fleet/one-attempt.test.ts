import { describe, expect, it } from "vitest";
import { type AttemptRecord, BridgeError, requestKeyOf } from "../../src/index.ts";
import { caught } from "../fixtures/caught.ts";
import { fleetOf } from "../fixtures/fleets.ts";
import { envelope, grantOf, masterSecret, startMs } from "../fixtures/grants.ts";
import { instanceFor, scripted } from "../fixtures/scripted-backend.ts";

const grant = grantOf();
const placement = { scope: "a", region: "here", size: "small", resolved: {} };
const record = (more: Partial<AttemptRecord> = {}): AttemptRecord =>
  ({ attempt: 1, backend: "a", placement, requestKey: requestKeyOf("owner", grant), intentAtMs: startMs, deadlineMs: grant.validTo * 1000, salt: "c2FsdA==", ...more });

describe("choosing where an attempt goes", () => {
  it("gives the first choice that no attempt has used up", async () => {
    const fleet = fleetOf([scripted("a"), scripted("b")]);
    const first = await fleet.choose(grant);
    const second = await fleet.choose(grant, { tried: [first] });
    expect([first.backend, second.backend]).toEqual(["a", "b"]);
    expect((await caught(() => fleet.choose(grant, { tried: [first, second] }))).code).toBe("no_backend_can_satisfy");
  });

  it("tells why others were passed over, and whether waiting may help", async () => {
    const steps: string[] = [];
    const down = scripted("a", { capabilities: async () => { throw new Error("down"); } });
    const small = scripted("b", { canSatisfy: () => false });
    const error = await caught(() => fleetOf([down, small]).choose(grant, { onRouting: ({ backend, reason }) => void steps.push(`${backend} ${reason}`) }));
    expect(steps).toEqual(["a unavailable", "b placement"]);
    expect(error).toMatchObject({ code: "no_backend_can_satisfy", retryable: true });
    expect((await caught(() => fleetOf([small]).choose(grant))).retryable).toBe(false);
  });
});

describe("one attempt", () => {
  it("is run as it was written down, without fallback and without terminating", async () => {
    const calls: string[] = [];
    const fails = async () => { throw new BridgeError("timeout", "no answer"); };
    const fleet = fleetOf([scripted("a", { provision: fails }, { calls }), scripted("b", {}, { calls })]);
    const error = await caught(() => fleet.provisionAttempt(record({ attempt: 3 }), grant, envelope));
    expect(error).toMatchObject({ code: "timeout", outcome: "unknown", ref: { backend: "a", attempt: 3, placement } });
    expect(calls).toEqual(["a.provision"]);
  });

  it("can be found again after the grant has expired", async () => {
    const fleet = fleetOf([scripted("a")], { now: () => startMs + 1e9 });
    await expect(fleet.provisionAttempt(record(), grant, envelope)).resolves.toMatchObject({ backend: "a" });
  });

  it("of a backend that is gone is refused by its name, and nothing is known of its machine", async () => {
    expect(await caught(() => fleetOf([scripted("b")]).provisionAttempt(record(), grant, envelope))).toMatchObject({ code: "unknown_backend", outcome: "unknown" });
  });

  it("has the keys of the master secret under which it began", async () => {
    const hostKeys: string[] = [];
    const backend = scripted("a", { provision: async (claims, _envelope, context) => {
      hostKeys.push(context.keys.host.publicKey);
      return instanceFor("a", claims, context);
    } });
    const fresh = "another master secret of the tests, of more than 32 bytes";
    await fleetOf([backend]).provisionAttempt(record(), grant, envelope);
    const rotated = fleetOf([backend], { masterSecret: fresh, keyVersion: 2, retiredSecrets: { 1: masterSecret } });
    await rotated.provisionAttempt(record({ keyVersion: 1 }), grant, envelope);
    await rotated.provisionAttempt(record({ keyVersion: 2 }), grant, envelope);
    expect(hostKeys[1]).toBe(hostKeys[0]);
    expect(hostKeys[2]).not.toBe(hostKeys[0]);
    const error = await caught(() => fleetOf([backend], { keyVersion: 2 }).provisionAttempt(record({ keyVersion: 1 }), grant, envelope));
    expect(error.message).toContain("retiredSecrets[1]");
  });

  it("cannot be made under a key version that has two secrets", () => {
    expect(() => fleetOf([scripted("a")], { retiredSecrets: { 1: masterSecret } })).toThrow("keyVersion");
    expect(() => fleetOf([scripted("a")], { keyVersion: 0 })).toThrow("positive integer");
  });
});
