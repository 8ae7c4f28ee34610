import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { encodeTags, type InstanceRef } from "@bridge/core/backend";
import type { RawMachine } from "../src/index.ts";
import { PlatformFailure } from "./fixtures/fake-platform.ts";
import { bench, type Bench, contextOf, envelope, grant, placement, refOf, requestKey } from "./fixtures/setting.ts";

const longAgo = Date.now() - 3_600_000;
const ref: InstanceRef = { backend: "fake", scope: "scope-a", requestKey, attempt: 1, placement, intentAtMs: longAgo, instanceId: "m-1" };
const tags = encodeTags({ owner: "owner-1", ledgerId: "ledger-1", backend: "fake", requestKey, attempt: 1, deadlineMs: longAgo });
const machine = (change: Partial<RawMachine> = {}): RawMachine => ({ id: "m-1", region: "here", state: "running", tags, ...change });

/** A backend whose platform holds one running machine of the attempt. */
function withMachine(options: Parameters<typeof bench>[0] = {}): Bench {
  const made = bench(options);
  made.platform.put(machine());
  return made;
}

test.concurrent("terminate resolves only after lists over settleSeconds hold nothing", async () => {
  const { backend, platform } = withMachine({ facts: { settleSeconds: 0.3 } });
  let removedAt = 0;
  platform.onDestroy = async (remove) => {
    removedAt = performance.now();
    remove();
  };
  await backend.terminate(ref);
  expect(performance.now() - removedAt).toBeGreaterThanOrEqual(300);
  expect(platform.destroys).toEqual(["m-1"]);
});

test.concurrent("a slow destroy is waited for: the machine ends in its time", async () => {
  const { backend, platform } = withMachine();
  platform.onDestroy = async (remove) => {
    platform.change("m-1", { state: "ending" });
    setTimeout(remove, 300);
  };
  const started = performance.now();
  await backend.terminate(ref);
  expect(performance.now() - started).toBeGreaterThanOrEqual(355);
  expect(platform.destroys).toEqual(["m-1"]);
});

test.concurrent("a destroy that the platform forgot is asked again", async () => {
  const { backend, platform } = withMachine();
  platform.onDestroy = async (remove) => {
    if (platform.destroys.length >= 3) remove();
  };
  await backend.terminate(ref);
  expect(platform.destroys).toHaveLength(3);
});

test.concurrent.for(["rate_limited", "unavailable", "timeout", "conflict", "not_found"] as const)("a destroy answered with %s is tried again; it proves nothing", async (code) => {
  const { backend, platform } = withMachine();
  platform.onDestroy = async (remove) => {
    if (platform.destroys.length < 3) throw new PlatformFailure("not now", { code });
    remove();
  };
  await backend.terminate(ref);
  expect(platform.destroys).toHaveLength(3);
});

test.concurrent("retryAfterSeconds of a refused destroy is kept", async () => {
  const { backend, platform } = withMachine();
  const at: number[] = [];
  platform.onDestroy = async (remove) => {
    at.push(performance.now());
    if (at.length === 1) throw new PlatformFailure("slow down", { code: "rate_limited", retryAfterSeconds: 0.4 });
    remove();
  };
  await backend.terminate(ref);
  expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(400);
});

test.concurrent.for(["unauthorized", "forbidden"] as const)("%s of a list ends the terminate at once; of a destroy when the next list still shows the machine living", async (code) => {
  const { backend, platform } = withMachine();
  platform.onDestroy = async () => {
    throw new PlatformFailure("no", { code });
  };
  await expect(backend.terminate(ref)).rejects.toMatchObject({ code, operation: "terminate", backend: "fake", cause: expect.any(PlatformFailure) });
  expect([platform.destroys, platform.lists]).toMatchObject([{ length: 1 }, { length: 2 }]);
  platform.onList = async () => {
    throw new PlatformFailure("no", { code });
  };
  await expect(backend.terminate(ref)).rejects.toMatchObject({ code });
  expect(platform.lists).toHaveLength(3);
});

test.concurrent.for([
  ["unauthorized", "gone"], ["forbidden", "gone"], ["forbidden", "ending"], ["forbidden", "ended"],
] as const)("a destroy answered with %s says nothing about a machine that the next list shows to be %s: the lists decide", async ([code, state]) => {
  const { backend, platform } = withMachine();
  platform.onDestroy = async (remove) => {
    if (state === "gone") remove();
    else platform.change("m-1", { state });
    if (state === "ending") setTimeout(remove, 100);
    throw new PlatformFailure("its tags cannot be evaluated", { code });
  };
  await backend.terminate(ref);
  expect(platform.destroys).toEqual(["m-1"]);
});

test.concurrent("a destroy that is denied keeps nothing else of the attempt from being ended", async () => {
  const { backend, platform } = withMachine();
  platform.put(machine({ id: "the-disk", kind: "disk" }));
  platform.onDestroy = async (remove, { kind }) => {
    if (kind === undefined) throw new PlatformFailure("no", { code: "forbidden" });
    await sleep(20);
    remove();
  };
  await expect(backend.terminate(ref)).rejects.toMatchObject({ code: "forbidden" });
  expect([...platform.things.keys()]).toEqual(["m-1"]);
});

test.concurrent("lists that fail say nothing: terminate goes on until they are complete", async () => {
  const { backend, platform, logged } = withMachine();
  let failures = 3;
  platform.onList = async (things) => {
    if (failures-- > 0) throw new PlatformFailure("page 2 is missing", { code: "unavailable" });
    return things;
  };
  await backend.terminate(ref);
  expect(platform.destroys).toEqual(["m-1"]);
  expect(logged).toContain("a list failed; nothing is known this time");
});

test.concurrent("one stale list without the machine is no proof: it is destroyed when it shows again, and the proof starts anew", async () => {
  const { backend, platform } = withMachine({ facts: { settleSeconds: 0.4 } });
  const started = performance.now();
  let removedAt = 0;
  platform.onList = async (things) => (performance.now() - started < 300 ? [] : things);
  platform.onDestroy = async (remove) => {
    removedAt = performance.now();
    remove();
  };
  await backend.terminate(ref);
  expect(platform.destroys).toEqual(["m-1"]);
  expect(performance.now() - removedAt).toBeGreaterThanOrEqual(400);
});

test.concurrent("a machine that lists still show although it is gone is waited for", async () => {
  const { backend, platform } = withMachine();
  let stale = 5;
  platform.onList = async (things) => (things.length === 0 && stale-- > 0 ? [machine()] : things);
  await backend.terminate(ref);
  expect(stale).toBeLessThan(0);
});

test.concurrent("a machine that has ended may stay listed; a disk, an address or a NIC must go, ended or not", async () => {
  const { backend, platform } = withMachine();
  for (const kind of ["disk", "address", "nic"] as const) platform.put(machine({ id: `the-${kind}`, kind, state: kind === "disk" ? "ended" : "running" }));
  platform.onDestroy = async (remove, { kind }) => {
    if (kind === undefined) platform.change("m-1", { state: "ended" });
    else if (platform.destroys.length > 5) remove();
  };
  await backend.terminate(ref);
  expect([...platform.things.keys()]).toEqual(["m-1"]);
});

test.concurrent("everything of the attempt goes, whatever backend or ledger made it; nothing else does", async () => {
  const { backend, platform } = withMachine();
  const others = { owner: "owner-1", ledgerId: "ledger-1", backend: "fake", requestKey, attempt: 1, deadlineMs: 1 };
  platform.put(machine({ id: "same-attempt", kind: "disk", tags: encodeTags({ ...others, backend: "other", ledgerId: "ledger-9" }) }));
  platform.put(machine({ id: "next-attempt", tags: encodeTags({ ...others, attempt: 2 }) }));
  platform.put(machine({ id: "other-request", tags: encodeTags({ ...others, requestKey: "b".repeat(26) }) }));
  platform.put(machine({ id: "other-owner", tags: encodeTags({ ...others, owner: "owner-2" }) }));
  await backend.terminate(ref);
  expect([...platform.things.keys()]).toEqual(["next-attempt", "other-request", "other-owner"]);
});

test.concurrent("already gone and never created both succeed, after the same proof", async () => {
  const { backend, platform } = bench({ facts: { settleSeconds: 0.2 } });
  const started = performance.now();
  await backend.terminate(ref);
  expect(performance.now() - started).toBeGreaterThanOrEqual(200);
  expect(platform.lists.length).toBeGreaterThan(2);
});

test.concurrent("while a create may still have its effect, an empty list closes nothing: the late machine is caught", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 0.6, settleSeconds: 0.1 } });
  setTimeout(() => platform.put(machine()), 400);
  await backend.terminate({ ...ref, intentAtMs: Date.now() });
  expect(platform.destroys).toEqual(["m-1"]);
});

test.concurrent("where a name is free again once its machine is gone, that is not ended while another create may be under way: no second one appears", async () => {
  // Decided by an earlier process, which may have sent a create and died.
  const intentAtMs = Date.now();
  const { backend, platform } = withMachine({ facts: { createTimeoutSeconds: 0.6, settleSeconds: 0.1, replayWindowSeconds: 0 } });
  setTimeout(() => {
    if (!platform.things.has("m-1")) platform.put(machine({ id: "m-2" }));
  }, 400);
  await backend.terminate({ ...ref, intentAtMs });
  await sleep(500);
  expect(platform.destroys).toEqual(["m-1"]);
  expect([...platform.things.keys()]).toEqual([]);
});

test.concurrent("where only a search recognises a repeated create, one that is under way is waited for also after a machine was seen", async () => {
  const intentAtMs = Date.now();
  const { backend, platform } = withMachine({ facts: { idempotency: "search", createTimeoutSeconds: 0.6, settleSeconds: 0.1 } });
  setTimeout(() => platform.put(machine({ id: "m-2" })), 400);
  await backend.terminate({ ...ref, intentAtMs });
  expect(platform.destroys).toEqual(["m-1", "m-2"]);
});

test.concurrent("where a name is free again, a create of this process that was never answered is waited for before its machine is ended", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 0.6, settleSeconds: 0.1, replayWindowSeconds: 0 } });
  platform.onCreate = async (make) => {
    setTimeout(() => void make(), 300);
    throw new Error("read ECONNRESET");
  };
  const recorded = contextOf();
  await expect(backend.provision(grant(), envelope(), recorded.context)).rejects.toMatchObject({ outcome: "unknown" });
  platform.put(machine({ id: "m-0" })); // what an identical request before it made
  platform.onCreate = (make) => make();
  const started = performance.now();
  await backend.terminate(refOf(recorded));
  expect(performance.now() - started).toBeGreaterThanOrEqual(500);
  expect(platform.things.size).toBe(0);
});

test.concurrent("a machine whose create was answered is ended at once, also where its name is then free again", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 30, settleSeconds: 0.1, replayWindowSeconds: 0 } });
  const recorded = contextOf();
  await backend.provision(grant(), envelope(), recorded.context);
  await backend.terminate(refOf(recorded, "m-1"));
  expect(platform.destroys).toEqual(["m-1"]);
});

test.concurrent("a create that this process sent long after the intent is waited for as well", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 0.5, settleSeconds: 0.1 } });
  platform.onCreate = async (make) => {
    setTimeout(() => void make(), 350);
    throw new Error("read ECONNRESET");
  };
  const recorded = contextOf({ intentAtMs: longAgo });
  await expect(backend.provision(grant(), envelope(), recorded.context)).rejects.toMatchObject({ outcome: "unknown" });
  await backend.terminate(refOf(recorded));
  expect(platform.destroys).toEqual(["m-1"]);
});

test.concurrent("an intent from a clock that is ahead does not hold terminate for longer than the window", async () => {
  const { backend } = bench({ facts: { createTimeoutSeconds: 0.3, settleSeconds: 0.1 } });
  const started = performance.now();
  await backend.terminate({ ...ref, intentAtMs: Date.now() + 86_400_000 });
  expect(performance.now() - started).toBeLessThan(1_500);
});

test.concurrent("where the platform can forbid a creation, that is done first and nothing need be waited for", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 60, settleSeconds: 0 } });
  const order: string[] = [];
  let failures = 1;
  platform.forbid = async (forbidden) => {
    order.push("forbid");
    platform.forbidden.push(forbidden);
    if (failures-- > 0) throw new PlatformFailure("locked", { code: "unavailable" });
  };
  platform.onList = async (things) => {
    order.push("list");
    return things;
  };
  await backend.terminate({ ...ref, intentAtMs: Date.now() });
  expect(order).toEqual(["forbid", "forbid", "list"]);
  expect(platform.forbidden[0]).toMatchObject({ requestKey, attempt: 1 });
});

test.concurrent("several callers may terminate the same attempt at once", async () => {
  const { backend } = withMachine();
  await Promise.all(Array.from({ length: 20 }, () => backend.terminate(ref)));
  expect(await backend.list()).toMatchObject({ instances: [] });
});

test.concurrent("a ref of a scope that the backend does not hold is refused, and nothing is destroyed", async () => {
  const { backend, platform } = withMachine();
  await expect(backend.terminate({ ...ref, scope: "scope-z" })).rejects.toMatchObject({ code: "wrong_scope", message: expect.stringMatching(/scope-z.*scope-a/) });
  expect(platform.destroys).toEqual([]);
});

test.concurrent("a signal ends the wait at once", async () => {
  const { backend, platform } = withMachine();
  platform.onDestroy = () => new Promise(() => {});
  const caller = new AbortController();
  const ending = expect(backend.terminate(ref, { signal: caller.signal })).rejects.toMatchObject({ code: "aborted" });
  await sleep(100);
  caller.abort();
  await ending;
});

test.concurrent("a thing of ours whose tags are damaged can be terminated by its id, and only that", async () => {
  const { backend, platform } = withMachine();
  platform.put({ id: "damaged-1", region: "here", state: "running", tags: { "bridge-owner": "owner-1" } });
  const listed = (await backend.list()).instances.find(({ instanceId }) => instanceId === "damaged-1");
  if (listed === undefined) throw new Error("not listed");
  await backend.terminate(listed);
  expect([...platform.things.keys()]).toEqual(["m-1"]);
});
