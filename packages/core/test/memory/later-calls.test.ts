import { describe, expect, it } from "vitest";
import { type Fleet, requestKeyOf, type UsageMetrics } from "../../src/index.ts";
import { createMemoryPlatform } from "../../src/memory/index.ts";
import { caught } from "../fixtures/caught.ts";
import { envelope, grantOf, startMs } from "../fixtures/grants.ts";
import { memoryFleet } from "../fixtures/memory-fleets.ts";

const grant = grantOf();
const requestKey = requestKeyOf("owner", grant);
const { validTo } = grant;

async function running() {
  const { platform, fleet } = memoryFleet();
  return { platform, fleet, instance: await fleet.provisionForGrant(grant, envelope) };
}
const pending = async (promise: Promise<unknown>) => (await Promise.race([promise.then(() => "settled"), new Promise((resolve) => setTimeout(() => resolve("pending"), 5))])) === "pending";

describe("a watch of the memory backend", () => {
  it("ends with the workload, with its exit code and what it used", async () => {
    const { platform, fleet, instance } = await running();
    const watch = fleet.watchUntilExit(instance, validTo);
    await platform.advance(100);
    expect(await pending(watch)).toBe(true);
    platform.exit(requestKey, 3);
    expect(await watch).toEqual({
      wallSeconds: { value: 100, source: "measured" }, cpuCoreSeconds: { value: 100, source: "allocated" }, ramMibSeconds: { value: 51_200, source: "allocated" },
      networkRxBytes: { source: "unknown" }, networkTxBytes: { source: "unknown" }, exit: { reason: "exited", code: 3, source: "measured" },
    });
  });

  it("ends at validTo; the machine is then gone by itself", async () => {
    const { platform, fleet, instance } = await running();
    const watch = fleet.watchUntilExit(instance, validTo);
    await platform.advance(3599);
    expect([await pending(watch), platform.machines().length]).toEqual([true, 1]);
    await platform.advance(1);
    expect(await watch).toMatchObject({ exit: { reason: "deadline" }, wallSeconds: { value: 3600 } });
    expect(platform.machines()).toEqual([]);
  });

  it("does not terminate, and may end before the machine does", async () => {
    const { platform, fleet, instance } = await running();
    const watch = fleet.watchUntilExit(instance, startMs / 1000 + 10);
    await platform.advance(10);
    expect((await watch).exit).toEqual({ reason: "deadline" });
    expect(platform.machines()).toHaveLength(1);
    expect(platform.calls.some(({ call }) => call === "destroy")).toBe(false);
  });

  it("is the same for several callers, after a restart, and after the end", async () => {
    const { platform, fleet, instance } = await running();
    const restarted = memoryFleet({ platform }).fleet;
    const watches = [fleet.watchUntilExit(instance, validTo), restarted.watchUntilExit(instance, validTo)];
    await platform.advance(5);
    platform.exit(requestKey, 0);
    const results: UsageMetrics[] = [...(await Promise.all(watches)), await restarted.watchUntilExit(instance, validTo)];
    expect(new Set(results.map((usage) => JSON.stringify(usage))).size).toBe(1);
  });

  it("of a machine that vanished says lost; past the deadline it says deadline", async () => {
    const { platform, fleet, instance } = await running();
    const watch = fleet.watchUntilExit(instance, validTo);
    platform.vanish(requestKey);
    expect((await watch).exit).toEqual({ reason: "lost" });
    expect((await fleet.watchUntilExit(instance, validTo)).exit).toEqual({ reason: "lost" });
    await platform.advance(3600);
    expect((await fleet.watchUntilExit(instance, validTo)).exit).toEqual({ reason: "deadline" });
    expect((await fleet.watchUntilExit({ ...instance, attempt: 9 }, validTo + 9)).exit).toEqual({ reason: "lost" });
  });

  it("notices that somebody terminates", async () => {
    const { fleet, instance } = await running();
    const watch = fleet.watchUntilExit(instance, validTo);
    expect(await pending(watch)).toBe(true);
    await fleet.terminate(instance);
    expect((await watch).exit).toEqual({ reason: "terminated" });
  });

  it("gives readings on the way, and ends at once when aborted or closed", async () => {
    const { platform, fleet, instance } = await running();
    const readings: unknown[] = [];
    const controller = new AbortController();
    const watch = caught(() => fleet.watchUntilExit(instance, validTo, { signal: controller.signal, onUsage: (usage) => void readings.push(usage) }));
    const other = caught(() => fleet.watchUntilExit(instance, validTo));
    await platform.advance(1);
    controller.abort();
    expect((await watch).code).toBe("aborted");
    expect(readings).toMatchObject([{ wallSeconds: { value: 0, source: "measured" } }]);
    await fleet.close();
    expect((await other).code).toBe("aborted");
  });
});

describe("terminate of the memory backend", () => {
  it("resolves when nothing of the machine exists, and does so again", async () => {
    const { platform, fleet, instance } = await running();
    await fleet.terminate(instance);
    expect(platform.machines()).toEqual([]);
    await fleet.terminate(instance);
    expect((await fleet.list()).instances).toEqual([]);
  });

  it("closes the attempt: a create that is still on its way makes nothing", async () => {
    const { platform, fleet } = memoryFleet({ fleet: { fallback: "never" } });
    platform.inject({ call: "create", lose: "answer", takesSeconds: 60 });
    const { ref } = await caught(() => fleet.provisionForGrant(grant, envelope));
    if (ref === undefined) throw new Error("the error has no ref");
    await fleet.terminate(ref);
    await platform.advance(120);
    expect(platform.books(requestKey, 1)).toEqual({ createRequests: 1, machines: 0, starts: 0 });
    expect(await caught(() => fleet.provisionForGrant(grant, envelope))).toMatchObject({ code: "attempt_spent", outcome: "none" });
  });

  it("takes as long as the platform does", async () => {
    const { platform, fleet, instance } = await running();
    platform.inject({ call: "destroy", takesSeconds: 30 });
    const end = fleet.terminate(instance);
    await platform.advance(29);
    expect([await pending(end), (await fleet.list()).instances[0]?.state]).toEqual([true, "ending"]);
    await platform.advance(2);
    await end;
    expect(platform.calls.filter(({ call }) => call === "destroy")).toHaveLength(1);
  });

  it("is no success while a list still shows the machine, or is not complete", async () => {
    const { platform, fleet, instance } = await running();
    platform.inject({ call: "list", answer: "stale", times: 3 });
    platform.inject({ call: "list", answer: "incomplete", times: 3 });
    const end = fleet.terminate(instance);
    await platform.advance(1);
    expect(await pending(end)).toBe(true);
    await platform.advance(1);
    await end;
    expect(platform.calls.filter(({ call }) => call === "list")).toHaveLength(7);
  });

  it("says why when the platform refuses, and works the next time", async () => {
    const { platform, fleet, instance } = await running();
    platform.inject({ call: "destroy", refuse: "forbidden" });
    expect(await caught(() => fleet.terminate(instance))).toMatchObject({ code: "forbidden", backend: "memory", operation: "terminate" });
    expect(platform.machines()).toHaveLength(1);
    await fleet.terminate(instance);
    expect(platform.machines()).toEqual([]);
  });

  it("and watch and provision refuse a scope that the backend does not hold", async () => {
    const { instance } = await running();
    const { fleet: other } = memoryFleet();
    for (const call of [() => other.terminate(instance), () => other.watchUntilExit(instance, validTo)]) expect((await caught(call)).code).toBe("wrong_scope");
  });

  it("can be aborted while it waits", async () => {
    const { platform, fleet, instance } = await running();
    platform.inject({ call: "destroy", takesSeconds: 30 });
    const controller = new AbortController();
    const end = caught(() => fleet.terminate(instance, { signal: controller.signal }));
    await platform.advance(1);
    controller.abort();
    expect((await end).code).toBe("aborted");
  });
});

describe("a list of the memory backend", () => {
  const listedBy = async (fleet: Fleet) => (await fleet.list()).instances.map(({ backend, ledgerId }) => `${backend} ${ledgerId}`);

  it("holds all of this owner: other backends, ledgers and attempts too; nobody else's", async () => {
    const { platform, fleet } = await running();
    const others = [memoryFleet({ platform, extras: { name: "second" } }), memoryFleet({ platform, fleet: { ledgerId: "elsewhere" } }), memoryFleet({ platform, fleet: { owner: "stranger" } })];
    for (const [index, other] of others.entries()) await other.fleet.provisionForGrant(grantOf({}, { requestId: `other-${index}` }), envelope);
    expect(await listedBy(fleet)).toEqual(["memory ledger", "second ledger", "memory elsewhere"]);
  });

  it("says that it is not complete, with the error, when the platform fails or breaks off", async () => {
    const { platform, fleet } = await running();
    platform.inject({ call: "list", answer: "incomplete" });
    platform.inject({ call: "list", refuse: "rate_limited" });
    expect((await fleet.list()).scopes).toMatchObject([{ scope: platform.scope, complete: false, error: { code: "unavailable" } }]);
    expect((await fleet.list()).scopes).toMatchObject([{ complete: false, error: { code: "rate_limited", backend: "memory" } }]);
    expect(await fleet.list()).toMatchObject({ scopes: [{ complete: true }], instances: [{ requestKey, attempt: 1, kind: "machine", state: "running", deadlineMs: validTo * 1000 }] });
  });

  it("may be stale for as many calls as told", async () => {
    const { platform, fleet } = memoryFleet();
    platform.inject({ call: "list", answer: "stale", times: 2 });
    await fleet.provisionForGrant(grant, envelope);
    expect([await listedBy(fleet), await listedBy(fleet), await listedBy(fleet)].map((list) => list.length)).toEqual([0, 0, 1]);
  });

  it("shows a machine as it starts, runs, and after its workload ended", async () => {
    const { platform, fleet } = memoryFleet({ platform: createMemoryPlatform({ startMs, bootSeconds: 5 }) });
    const state = async () => (await fleet.list()).instances[0]?.state;
    const call = fleet.provisionForGrant(grant, envelope);
    await platform.advance(1);
    const states = [await state()];
    await platform.advance(5);
    await call;
    states.push(await state());
    platform.exit(requestKey, 0);
    states.push(await state());
    expect(states).toEqual(["starting", "running", "ended"]);
  });
});

describe("the memory platform", () => {
  it("runs on the computer's clock unless told otherwise", async () => {
    const { fleet } = memoryFleet({ platform: createMemoryPlatform() });
    const now = Math.floor(Date.now() / 1000);
    const short = grantOf({}, { validFrom: now - 1, validTo: now + 2 });
    const instance = await fleet.provisionForGrant(short, envelope);
    expect((await fleet.watchUntilExit(instance, short.validTo)).exit).toEqual({ reason: "deadline" });
    expect((await fleet.list()).instances).toEqual([]);
    expect(Date.now()).toBeGreaterThanOrEqual((now + 2) * 1000);
  });

  it("cannot be moved then, and cannot end what does not run", async () => {
    const platform = createMemoryPlatform();
    expect((await caught(() => platform.advance(1))).code).toBe("unsupported");
    expect((await caught(() => platform.exit(requestKey, 0))).code).toBe("not_found");
  });
});
