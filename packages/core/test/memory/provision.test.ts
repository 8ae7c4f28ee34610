import { describe, expect, it } from "vitest";
import { BridgeError, isBridgeError, type Fleet, requestKeyOf } from "../../src/index.ts";
import { createMemoryPlatform, memory } from "../../src/memory/index.ts";
import { caught } from "../fixtures/caught.ts";
import { envelope, grantOf, startMs } from "../fixtures/grants.ts";
import { memoryFleet } from "../fixtures/memory-fleets.ts";

const grant = grantOf();
const requestKey = requestKeyOf("owner", grant);
const provision = (fleet: Fleet, options: Parameters<Fleet["provisionForGrant"]>[2] = {}) => fleet.provisionForGrant(grant, envelope, options);

describe("the memory backend provisions", () => {
  it("a machine with the given keys, tags and deadline, and starts its workload", async () => {
    const { platform, fleet } = memoryFleet({ options: { regions: ["here", "there"] } });
    const instance = await provision(fleet);
    expect(instance).toMatchObject({ backend: "memory", scope: platform.scope, region: "here", user: "bridge", isolation: "vm", tdx: "none", hostKeyProvenance: "injected", startedAt: startMs / 1000 });
    expect(platform.machines()).toMatchObject([{ id: instance.instanceId, startedAtMs: startMs, spec: { deadlineMs: grant.validTo * 1000, tags: { "bridge-owner": "owner", "bridge-request": requestKey }, hostKey: instance.hostKey } }]);
  });

  it("the same machine for the same attempt, in any process and at the same time", async () => {
    const { platform, fleet } = memoryFleet();
    const other = memoryFleet({ platform }).fleet;
    platform.inject({ call: "create", takesSeconds: 2, times: 2 });
    const both = Promise.all([provision(fleet), provision(other)]);
    await platform.advance(3);
    const ids = [...(await both), await provision(fleet)].map(({ instanceId }) => instanceId);
    expect(new Set(ids).size).toBe(1);
    expect(platform.books(requestKey, 1)).toMatchObject({ machines: 1, starts: 1 });
  });

  it("nothing for other arguments: conflict, with the ref", async () => {
    const { fleet } = memoryFleet();
    const { instanceId } = await provision(fleet);
    const error = await caught(() => fleet.provisionForGrant(grant, { ...envelope, command: ["false"] }));
    expect(error).toMatchObject({ code: "conflict", outcome: "exists", ref: { instanceId, attempt: 1 } });
  });

  it("nothing for an attempt whose machine has ended: attempt_spent, with the ref", async () => {
    const { platform, fleet } = memoryFleet();
    const instance = await provision(fleet);
    platform.exit(requestKey, 0);
    expect(await caught(() => provision(fleet))).toMatchObject({ code: "attempt_spent", outcome: "exists", ref: { instanceId: instance.instanceId } });
    await fleet.terminate(instance);
    expect(await caught(() => provision(fleet))).toMatchObject({ code: "attempt_spent", outcome: "none" });
  });

  it("a TDX machine where the grant wants one and the options offer it", async () => {
    const { fleet } = memoryFleet({ options: { tdxCapable: true, mrTd: ["a".repeat(96)] } });
    expect(await fleet.provisionForGrant(grantOf({ tdx: "required" }), envelope)).toMatchObject({ tdx: "requested", isolation: "td" });
    const plain = memoryFleet().fleet;
    expect((await caught(() => plain.provisionForGrant(grantOf({ tdx: "required" }), envelope))).refusals).toMatchObject({ memory: [{ reason: "tdx" }] });
  });

  it("nothing that is larger, elsewhere or of another architecture than its options say", async () => {
    const { fleet } = memoryFleet({ options: { regions: ["here"], maxCpuMillicores: 500, maxRamMib: 256, maxStorageGib: 1 } });
    const error = await caught(() => fleet.provisionForGrant(grantOf({ storageGib: 2, arch: "arm64" }), envelope));
    expect(error.refusals?.["memory"]?.map(({ reason }) => reason)).toEqual(["arch", "cpu", "ram", "storage"]);
    expect((await caught(() => fleet.provisionForGrant(grantOf({ regions: ["nowhere"] }), envelope))).refusals?.["memory"]).toEqual([{ reason: "region", message: "wants nowhere; offered are here" }]);
  });

  it("after leave was given in the same step as the create request, and only then", async () => {
    const { platform, fleet } = memoryFleet();
    const requests = () => platform.books(requestKey, 1).createRequests;
    const seen: number[] = [];
    await provision(fleet, { mayCreate: () => { seen.push(requests()); queueMicrotask(() => seen.push(requests())); } });
    expect(seen).toEqual([0, 1]);
    const { platform: unleased, fleet: lost } = memoryFleet();
    expect(await caught(() => provision(lost, { mayCreate: () => { throw new BridgeError("lease_lost", "another took over"); } }))).toMatchObject({ code: "lease_lost" });
    expect(unleased.calls.some(({ call }) => call === "create")).toBe(false);
  });

  it("in this order: created, ready, started, each told before the next", async () => {
    const { platform, fleet } = memoryFleet({ extras: {} });
    const order: string[] = [];
    const started = () => platform.books(requestKey, 1).starts;
    await provision(fleet, {
      onCreated: ({ instanceId }) => void order.push(`created ${instanceId} ${started()}`),
      onReady: async () => { await Promise.resolve(); order.push(`ready ${started()}`); },
      onProgress: (stage) => void order.push(stage),
    });
    expect(order).toEqual(["adopting", "creating", "created machine-1 0", "booting", "connecting", "ready 0", "starting", "ready"]);
  });
});

describe("when the platform fails, the memory backend", () => {
  it.each(["no_capacity", "quota_exceeded", "unauthorized", "rate_limited"] as const)("says %s with outcome none: nothing was made", async (refuse) => {
    const { platform, fleet } = memoryFleet({ fleet: { fallback: "never" } });
    platform.inject({ call: "create", refuse, retryAfterSeconds: 7 });
    expect(await caught(() => provision(fleet))).toMatchObject({ code: refuse, outcome: "none", retryAfterSeconds: 7, backend: "memory", operation: "provision", ref: { attempt: 1 } });
    expect(platform.machines()).toEqual([]);
  });

  it("adopts what a create made whose answer was lost", async () => {
    const { platform, fleet } = memoryFleet();
    platform.inject({ call: "create", lose: "answer" });
    expect((await provision(fleet)).instanceId).toBe("machine-1");
    expect(platform.books(requestKey, 1)).toEqual({ createRequests: 1, machines: 1, starts: 1 });
  });

  it("says unknown when a create was not answered and nothing is there, and finds the machine later", async () => {
    const { platform, fleet } = memoryFleet({ fleet: { fallback: "never" } });
    platform.inject({ call: "create", lose: "answer", takesSeconds: 3 });
    expect(await caught(() => provision(fleet))).toMatchObject({ code: "timeout", outcome: "unknown" });
    await platform.advance(3);
    expect((await provision(fleet)).instanceId).toBe("machine-1");
    expect(platform.books(requestKey, 1)).toEqual({ createRequests: 1, machines: 1, starts: 1 });
  });

  it("says unknown when a create never arrived, and makes the machine the next time", async () => {
    const { platform, fleet } = memoryFleet({ fleet: { fallback: "never" } });
    platform.inject({ call: "create", lose: "request" });
    expect(await caught(() => provision(fleet))).toMatchObject({ code: "timeout", outcome: "unknown" });
    await provision(fleet);
    expect(platform.books(requestKey, 1)).toEqual({ createRequests: 2, machines: 1, starts: 1 });
  });

  it("does not call a refusal the end of a create request before it that was not answered", async () => {
    const { platform, fleet } = memoryFleet({ fleet: { fallback: "never" } });
    platform.inject({ call: "create", lose: "answer", takesSeconds: 30 });
    platform.inject({ call: "create", refuse: "no_capacity" });
    await caught(() => provision(fleet));
    expect(await caught(() => provision(fleet))).toMatchObject({ code: "no_capacity", outcome: "unknown" });
  });

  it("does not call a refusal the end of an attempt that is older than the process", async () => {
    const { platform, fleet } = memoryFleet({ fleet: { fallback: "never" } });
    platform.inject({ call: "create", lose: "answer", takesSeconds: 30 });
    const records: NonNullable<Parameters<typeof provision>[1]>["resume"][] = [];
    await caught(() => provision(fleet, { onAttempt: (record) => void records.push(record) }));
    await platform.advance(1);
    const restarted = memoryFleet({ platform, fleet: { fallback: "never" } }).fleet;
    platform.inject({ call: "create", refuse: "no_capacity" });
    const [resume] = records;
    expect(await caught(() => provision(restarted, resume === undefined ? {} : { resume }))).toMatchObject({ code: "no_capacity", outcome: "unknown" });
  });

  it("waits until the machine answers, and gives up with a timeout", async () => {
    const { platform, fleet } = memoryFleet({ platform: createMemoryPlatform({ startMs, bootSeconds: 4 }), fleet: { fallback: "never" } });
    platform.inject({ call: "connect", answer: "nothing", times: 3 });
    const slow = provision(fleet);
    await platform.advance(6);
    expect((await slow).startedAt).toBeGreaterThanOrEqual(startMs / 1000 + 4);
    platform.inject({ call: "connect", answer: "nothing", times: Number.POSITIVE_INFINITY });
    const dead = caught(() => fleet.provisionForGrant(grantOf({}, { requestId: "dead" }), envelope));
    await platform.advance(15);
    expect(await dead).toMatchObject({ code: "timeout", outcome: "exists", ref: { instanceId: "machine-2" } });
  });

  it("retries a host key that is not the machine's, then says so; the workload never starts", async () => {
    const { platform, fleet } = memoryFleet({ fleet: { fallback: "never" } });
    platform.inject({ call: "connect", answer: "other_host_key", times: 3 });
    const late = provision(fleet);
    await platform.advance(2);
    await late;
    platform.inject({ call: "connect", answer: "other_host_key", times: Number.POSITIVE_INFINITY });
    const bad = grantOf({}, { requestId: "bad" });
    const refused = caught(() => fleet.provisionForGrant(bad, envelope));
    await platform.advance(9.9);
    expect(await Promise.race([refused, "still trying"])).toBe("still trying");
    await platform.advance(1);
    expect(await refused).toMatchObject({ code: "host_key_mismatch", outcome: "exists" });
    expect(platform.books(requestKeyOf("owner", bad), 1)).toMatchObject({ machines: 1, starts: 0 });
  });

  it("lets a create in flight finish when the caller aborts, and says what exists", async () => {
    const { platform, fleet } = memoryFleet();
    const controller = new AbortController();
    platform.inject({ call: "create", takesSeconds: 3 });
    const call = caught(() => provision(fleet, { signal: controller.signal }));
    await platform.advance(1);
    controller.abort();
    await platform.advance(1);
    expect(await Promise.race([call, "in flight"])).toBe("in flight");
    await platform.advance(1);
    const error = await call;
    expect(error).toMatchObject({ code: "aborted", outcome: "exists", ref: { instanceId: "machine-1" } });
    expect(platform.machines()).toHaveLength(1);
  });

  it("ends its wait at once when the caller aborts", async () => {
    const { platform, fleet } = memoryFleet({ platform: createMemoryPlatform({ startMs, bootSeconds: 1000 }) });
    const controller = new AbortController();
    const call = caught(() => provision(fleet, { signal: controller.signal }));
    await platform.advance(1);
    controller.abort();
    expect(await call).toMatchObject({ code: "aborted", outcome: "exists" });
  });

  it("cleans nothing up", async () => {
    const { platform, fleet } = memoryFleet({ fleet: { fallback: "never" } });
    platform.inject({ call: "start", refuse: "unavailable" });
    expect(await caught(() => provision(fleet))).toMatchObject({ code: "unavailable", outcome: "exists" });
    expect(platform.calls.some(({ call }) => call === "destroy" || call === "forbid")).toBe(false);
  });

  it("falls back within a Fleet, one attempt at a time, leaving one machine", async () => {
    const { platform, fleet } = memoryFleet({ options: { regions: ["x", "y"] } });
    platform.inject({ call: "connect", answer: "nothing", region: "x", times: Number.POSITIVE_INFINITY });
    const call = provision(fleet);
    await platform.advance(20);
    expect(await call).toMatchObject({ attempt: 2, region: "y" });
    expect(platform.machines().map(({ spec }) => spec.placement.region)).toEqual(["y"]);
    expect(platform.books(requestKey, 1)).toMatchObject({ machines: 1, starts: 0 });
  });
});

describe("every error of the memory backend", () => {
  it("is a BridgeError that names the backend, whichever call fails", async () => {
    const { platform, fleet } = memoryFleet({ extras: { name: "mine" }, fleet: { fallback: "never" } });
    for (const call of ["create", "read", "connect", "start"] as const) {
      platform.heal();
      platform.inject({ call, refuse: "unavailable" });
      const error = await caught(() => fleet.provisionForGrant(grantOf({}, { requestId: call }), envelope));
      expect([isBridgeError(error), error.backend, error.operation, error.code]).toEqual([true, "mine", "provision", "unavailable"]);
    }
  });

  it("of options names each wrong key", async () => {
    const error = await caught(() => memoryFleet({ options: JSON.parse('{"regions":["a b"],"tdxCapable":"yes","colour":1}') }));
    expect({ code: error.code, paths: error.problems?.map(({ path }) => path) }).toEqual({ code: "invalid_option", paths: ["regions[0]", "tdxCapable", "colour"] });
    expect(memory().plugin.name).toBe("memory");
  });
});
