import { describe, expect, it } from "vitest";
import { type AttemptRecord, BridgeError, requestKeyOf } from "../../src/index.ts";
import { decodeTags, type ProvisionContext } from "../../src/backend/index.ts";
import { caught } from "../fixtures/caught.ts";
import { fleetOf } from "../fixtures/fleets.ts";
import { envelope, grantOf, sshPublicKey, startMs } from "../fixtures/grants.ts";
import { instanceFor, scripted } from "../fixtures/scripted-backend.ts";

/** A backend that keeps the contexts that it was given. */
function watched() {
  const contexts: ProvisionContext[] = [];
  const backend = scripted("a", { provision: async (grant, _envelope, context) => {
    contexts.push(context);
    return instanceFor("a", grant, context);
  } });
  return { backend, contexts };
}

describe("an attempt", () => {
  it("is told to the embedder, and awaited, before the platform is called", async () => {
    const order: string[] = [];
    const fleet = fleetOf([scripted("a", { provision: async (grant, _envelope, context) => {
      order.push("called");
      return instanceFor("a", grant, context);
    } })]);
    await fleet.provisionForGrant(grantOf(), envelope, { onAttempt: async () => {
      order.push("told");
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push("written down");
    } });
    expect(order).toEqual(["told", "written down", "called"]);
  });

  it("is not made when it cannot be written down", async () => {
    const calls: string[] = [];
    const fleet = fleetOf([scripted("a", {}, { calls })]);
    await expect(fleet.provisionForGrant(grantOf(), envelope, { onAttempt: () => { throw new Error("disk full"); } })).rejects.toThrow("disk full");
    expect(calls).toEqual([]);
  });

  it("carries the request key, number, placement, deadline and tags", async () => {
    const { backend, contexts } = watched();
    const grant = grantOf();
    await fleetOf([backend], { ledgerId: "ledger" }).provisionForGrant(grant, envelope);
    const [context] = contexts;
    const requestKey = requestKeyOf("owner", grant);
    expect(context).toMatchObject({ attempt: 1, requestKey, intentAtMs: startMs, deadlineMs: grant.validTo * 1000, placement: { region: "here" }, keys: { requesterPublicKey: sshPublicKey } });
    expect(decodeTags(context?.tags ?? {})).toEqual({ owner: "owner", ledgerId: "ledger", backend: "a", requestKey, attempt: 1, deadlineMs: grant.validTo * 1000 });
  });

  it("gets the same keys on every replay, other keys per attempt and per salt", async () => {
    const { backend, contexts } = watched();
    const records: AttemptRecord[] = [];
    const provision = (options: object) => fleetOf([backend]).provisionForGrant(grantOf(), envelope, { onAttempt: (record) => void records.push(record), ...options });
    await provision({});
    await provision({});
    await provision({ makeSalt: () => new Uint8Array(32).fill(1) });
    await provision({ makeSalt: () => new Uint8Array(32).fill(2) });
    await provision({ resume: records[2] });
    await provision({ resume: { ...records[0], attempt: 2 } });
    const [first, replay, salted, otherSalt, resumed, second] = contexts.map(({ keys }) => [keys.host.publicKey, keys.host.privateKey, keys.control.publicKey]);
    expect(replay).toEqual(first);
    expect(resumed).toEqual(salted);
    const different = [first, salted, otherSalt, second].flat();
    expect(new Set(different).size).toBe(different.length);
  });

  it("is numbered from the resumed one, which is replayed as it was, on its own backend", async () => {
    const records: AttemptRecord[] = [];
    const provision = async () => { throw new BridgeError("no_capacity", "full", { outcome: "none" }); };
    const placement = { scope: "b", region: "elsewhere", size: "huge", resolved: { image: "old" } };
    const resume: AttemptRecord = { attempt: 4, backend: "b", placement, requestKey: requestKeyOf("owner", grantOf()), intentAtMs: 5, deadlineMs: 9e15, salt: "c2FsdA==" };
    const terminated: number[] = [];
    const fleet = fleetOf([scripted("a"), scripted("b", { provision, canSatisfy: () => false, terminate: async ({ attempt }) => void terminated.push(attempt) })]);
    const instance = await fleet.provisionForGrant(grantOf(), envelope, { resume, onAttempt: (record) => void records.push(record) });
    expect(records[0]).toEqual(resume);
    expect(records[1]).toMatchObject({ attempt: 5, backend: "a" });
    expect(instance).toMatchObject({ backend: "a", attempt: 5 });
    // A refusal now says nothing about what an earlier process has asked for.
    expect(terminated).toEqual([4]);
  });

  it("of a backend that is gone cannot be resumed", async () => {
    const resume: AttemptRecord = { attempt: 1, backend: "gone", placement: { scope: "s", region: "r", size: "z", resolved: {} }, requestKey: requestKeyOf("owner", grantOf()), intentAtMs: 1, deadlineMs: 9e15, salt: "" };
    expect(await caught(() => fleetOf([scripted("a")]).provisionForGrant(grantOf(), envelope, { resume }))).toMatchObject({ code: "unknown_backend" });
  });

  it("follows another at most as often as allowed", async () => {
    const tried: number[] = [];
    const provision = async () => { throw new BridgeError("no_capacity", "full", { outcome: "none" }); };
    const fleet = fleetOf(["a", "b", "c"].map((name) => scripted(name, { provision })));
    const error = await caught(() => fleet.provisionForGrant(grantOf(), envelope, { maxAttempts: 2, onAttempt: ({ attempt }) => void tried.push(attempt) }));
    expect(tried).toEqual([1, 2]);
    expect(error.code).toBe("no_capacity");
  });
});

describe("leave to create", () => {
  it("is the caller's to give, with the attempt that asks", async () => {
    const asked: number[] = [];
    const fleet = fleetOf([scripted("a", { provision: async (_grant, _envelope, context) => { context.mayCreate(); throw new Error("not reached"); } })]);
    const error = await caught(() => fleet.provisionForGrant(grantOf(), envelope, { mayCreate: ({ attempt }) => { asked.push(attempt); throw new BridgeError("lease_lost", "another took over"); } }));
    expect(error.code).toBe("lease_lost");
    expect(asked).toEqual([1]);
  });

  it("is refused after the deadline and after an abort", async () => {
    let nowMs = startMs;
    const controller = new AbortController();
    const fleet = fleetOf([scripted("a", { provision: async (_grant, _envelope, context) => {
      context.mayCreate();
      nowMs = grantOf().validTo * 1000;
      expect(() => context.mayCreate()).toThrowError(expect.objectContaining({ code: "grant_expired" }));
      controller.abort();
      context.mayCreate();
      throw new Error("not reached");
    } })], { now: () => nowMs });
    expect(await caught(() => fleet.provisionForGrant(grantOf(), envelope, { signal: controller.signal }))).toMatchObject({ code: "aborted", outcome: "none" });
  });
});

describe("an aborted call", () => {
  it("calls nobody", async () => {
    const calls: string[] = [];
    const error = await caught(() => fleetOf([scripted("a", {}, { calls })]).provisionForGrant(grantOf(), envelope, { signal: AbortSignal.abort() }));
    expect({ code: error.code, outcome: error.outcome, calls }).toEqual({ code: "aborted", outcome: "none", calls: [] });
  });
});

describe("the requester's SSH key", () => {
  it("comes from the requester; then the instance has no private key", async () => {
    const instance = await fleetOf([scripted("a")]).provisionForGrant(grantOf(), envelope);
    expect(instance.keyPublic).toBe(sshPublicKey);
    expect(instance.keyPrivate).toBeUndefined();
    expect("keyPrivate" in { ...instance }).toBe(false);
  });

  it("is made by Bridge only where the caller asks, the same on a replay, and never shown to the backend", async () => {
    const { backend, contexts } = watched();
    const { sshPublicKey: _none, ...bare } = envelope;
    const refused = await caught(() => fleetOf([backend]).provisionForGrant(grantOf(), bare));
    expect(refused).toMatchObject({ code: "invalid_grant", problems: [{ path: "sshPublicKey" }] });
    const instances = await Promise.all([1, 2].map(() => fleetOf([backend]).provisionForGrant(grantOf(), bare, { makeRequesterKey: true })));
    const [key] = instances.map(({ keyPrivate }) => keyPrivate);
    expect(key).toContain("OPENSSH PRIVATE KEY");
    expect(instances[1]?.keyPrivate).toBe(key);
    expect(JSON.stringify(contexts.map(({ keys }) => [keys.host.privateKey, keys.control.privateKey, keys]))).not.toContain(key?.split("\n")[3]);
  });

  it("is not made where the envelope brings one", async () => {
    const instance = await fleetOf([scripted("a")]).provisionForGrant(grantOf(), envelope, { makeRequesterKey: true });
    expect({ publicKey: instance.keyPublic, privateKey: instance.keyPrivate }).toEqual({ publicKey: sshPublicKey, privateKey: undefined });
  });
});
