import { expect, test } from "vitest";
import { type Backend, BridgeError, type Fleet, type ListedInstance, type Listing, reapExpired } from "../../src/index.ts";
import { createMemoryPlatform, memory, type MemoryPlatform } from "../../src/memory/index.ts";
import { fleetOf } from "../fixtures/fleets.ts";
import { envelope, grantOf, refFields, startMs } from "../fixtures/grants.ts";
import { scripted } from "../fixtures/scripted-backend.ts";

const fleetOn = (platform: MemoryPlatform, options: Parameters<typeof fleetOf>[1] = {}, name = "memory"): Fleet =>
  fleetOf([memory({}, { platform, name })], { now: platform.now, ...options });

/** A machine whose tenant has stopped its timer; its deadline is an hour away. */
async function leased(platform: MemoryPlatform, fleet: Fleet, requestId = "request-1") {
  const instance = await fleet.provisionForGrant(grantOf({}, { requestId }), envelope);
  platform.outlive(instance.requestKey);
  return instance;
}

const hour = 3600;

test("nothing is ended before the deadline and two minutes, and everything from then on", async () => {
  const platform = createMemoryPlatform({ startMs });
  const fleet = fleetOn(platform);
  const { requestKey } = await leased(platform, fleet);
  await platform.advance(hour + 119);
  expect(await reapExpired(fleet)).toEqual({ attempts: [], passedOver: [], left: 1 });
  await platform.advance(1);
  expect(await reapExpired(fleet)).toMatchObject({ attempts: [{ ref: { requestKey, attempt: 1 }, deadlineMs: startMs + hour * 1000, result: "ended" }], passedOver: [], left: 0 });
  expect(platform.machines()).toEqual([]);
});

test("with nothing but the owner: machines of other ledgers, master secrets and renamed entries are ended, those of other owners are not", async () => {
  const platform = createMemoryPlatform({ startMs });
  await leased(platform, fleetOn(platform, { ledgerId: "ledger-1" }, "old-name"));
  await leased(platform, fleetOn(platform, { ledgerId: "ledger-2" }), "request-2");
  const { requestKey } = await leased(platform, fleetOn(platform, { owner: "somebody-else" }), "request-3");
  await platform.advance(hour + 120);
  const reaper = fleetOn(platform, { masterSecret: "another secret that nobody has ever used here" });
  const { attempts, left } = await reapExpired(reaper);
  expect([attempts.map(({ ref, result }) => [ref.backend, result]), left]).toEqual([[["old-name", "ended"], ["memory", "ended"]], 0]);
  expect(platform.machines().map(({ spec }) => spec.name)).toEqual([`bridge-${requestKey}-1`]);
});

test("a reaper that only reports ends nothing", async () => {
  const platform = createMemoryPlatform({ startMs });
  const fleet = fleetOn(platform);
  await leased(platform, fleet);
  await platform.advance(hour + 120);
  expect(await reapExpired(fleet, { reportOnly: true })).toMatchObject({ attempts: [{ result: "report" }], left: 0 });
  expect(platform.machines()).toHaveLength(1);
  expect(platform.calls.some(({ call }) => call === "destroy" || call === "forbid")).toBe(false);
});

test("two reapers at once both succeed", async () => {
  const platform = createMemoryPlatform({ startMs });
  await leased(platform, fleetOn(platform));
  await platform.advance(hour + 120);
  const both = await Promise.all([reapExpired(fleetOn(platform)), reapExpired(fleetOn(platform))]);
  expect(both.map(({ attempts }) => attempts.map(({ result }) => result))).toEqual([["ended"], ["ended"]]);
  expect(platform.machines()).toEqual([]);
});

test.each([[31, false], [-31, false], [30, true], [-30, true]])("with a clock that differs by %i s it ends: %s", async (seconds, ends) => {
  const platform = createMemoryPlatform({ startMs });
  await leased(platform, fleetOn(platform));
  await platform.advance(hour + 200);
  const { attempts, passedOver } = await reapExpired(fleetOn(platform, { now: () => platform.now() + seconds * 1000 }));
  expect(attempts).toHaveLength(ends ? 1 : 0);
  expect(passedOver).toEqual(ends ? [] : [{ scope: platform.scope, reason: expect.objectContaining({ code: "unavailable", message: expect.stringContaining("differ by 31 s") }) }]);
  expect(platform.machines()).toHaveLength(ends ? 0 : 1);
});

test("a scope that is not complete is passed over, whatever its list shows; others are not", async () => {
  const [ill, well] = [createMemoryPlatform({ startMs }), createMemoryPlatform({ startMs })];
  const fleet = fleetOf([memory({}, { platform: ill, name: "ill" }), memory({}, { platform: well, name: "well" })], { now: () => startMs + (hour + 120) * 1000 });
  for (const platform of [ill, well]) {
    await leased(platform, fleetOn(platform));
    await platform.advance(hour + 120);
  }
  ill.inject({ call: "list", answer: "incomplete" });
  const { attempts, passedOver } = await reapExpired(fleet);
  expect([attempts.length, passedOver]).toEqual([1, [{ scope: ill.scope, reason: expect.objectContaining({ message: expect.stringContaining("broke off") }) }]]);
  expect([ill.machines().length, well.machines().length]).toEqual([1, 0]);
});

const listed: ListedInstance = { ...refFields, instanceId: "i-1", kind: "machine", state: "running", ledgerId: "l", deadlineMs: 0 };
const lists = (...instances: readonly ListedInstance[]) => async (): Promise<Listing> => ({ scopes: [{ scope: "scope", complete: true }], instances });
const hangs = (): Promise<never> => new Promise(() => {});

test("a platform that never answers is passed over in time, an end that never comes is a failure in time; the rest is done", async () => {
  const fleet = fleetOf([scripted("silent", { list: hangs }), scripted("a", { list: lists(listed), terminate: hangs }), scripted("b", { list: lists({ ...listed, backend: "b", instanceId: "i-2", attempt: 2 }) })]);
  expect(await reapExpired(fleet, { listSeconds: 0.02, endSeconds: 0.02 })).toMatchObject({
    attempts: [{ result: "failed", error: { code: "timeout" }, ref: { instanceId: "i-1" } }, { result: "ended" }], passedOver: [{ scope: "silent", reason: { code: "timeout" } }],
  });
});

test("an end that is refused is a failure with the ref; the others are ended all the same", async () => {
  const terminate: Backend["terminate"] = async ({ attempt }) => {
    if (attempt === 1) throw new BridgeError("forbidden", "it may not be ended");
  };
  const fleet = fleetOf([scripted("a", { list: lists(listed, { ...listed, attempt: 2, instanceId: "i-2" }), terminate })]);
  expect((await reapExpired(fleet)).attempts).toMatchObject([{ result: "failed", error: { code: "forbidden", ref: { instanceId: "i-1" } } }, { result: "ended" }]);
});

test("what an attempt left beside its machine is ended with it, once; what has ended, or has no deadline tag, is left", async () => {
  const ended: string[] = [];
  const { deadlineMs: _none, ...undated } = { ...listed, instanceId: "i-4", attempt: 4 };
  const fleet = fleetOf([scripted("a", {
    list: lists(listed, { ...listed, instanceId: "disk-1", kind: "disk" }, { ...listed, instanceId: "i-3", attempt: 3, state: "ended" }, undated),
    terminate: async ({ attempt }) => void ended.push(String(attempt)),
  })]);
  expect([(await reapExpired(fleet)).left, ended]).toEqual([1, ["1"]]);
});

test("things whose tags name no attempt are ended each by its id", async () => {
  const ended: unknown[] = [];
  const damaged = { ...listed, requestKey: "unknown", attempt: 0 };
  const fleet = fleetOf([scripted("a", { list: lists(damaged, { ...damaged, instanceId: "i-2" }), terminate: async ({ instanceId }) => void ended.push(instanceId) })]);
  await reapExpired(fleet);
  expect(ended).toEqual(["i-1", "i-2"]);
});

test("an entry that holds another scope by now is not asked; the one that lists the machine is, while others fail", async () => {
  const ended: string[] = [];
  const elsewhere: Listing = { scopes: [{ scope: "elsewhere", complete: true }], instances: [] };
  const fleet = fleetOf([
    scripted("silent", { list: async () => { throw new BridgeError("unavailable", "down"); } }),
    scripted("a", { list: async () => elsewhere, terminate: async () => { throw new BridgeError("wrong_scope", "not here"); } }),
    scripted("b", { list: lists(listed), terminate: async ({ backend }) => void ended.push(backend) }),
  ]);
  expect((await reapExpired(fleet)).attempts).toMatchObject([{ result: "ended", ref: { backend: "a" } }]);
  expect(ended).toEqual(["b"]);
});
