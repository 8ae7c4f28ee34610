import { expect, test } from "vitest";
import type { ProvisionStage } from "@bridge/core/backend";
import { bench, contextOf, envelope, grant } from "./fixtures/setting.ts";

test("an aborted signal is noticed on entry of every member", async () => {
  const { backend, platform } = bench();
  const signal = AbortSignal.abort();
  const ref = await backend.provision(grant(), envelope(), contextOf().context);
  const asked = platform.lists.length;
  const calls = [
    backend.provision(grant(), envelope(), contextOf({ signal }).context), backend.capabilities({ signal }), backend.placements?.(grant(), { signal }),
    backend.watchUntilExit(ref, grant().validTo, { signal }), backend.terminate(ref, { signal }), backend.list({ signal }),
  ];
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: "aborted", backend: "fake" });
  expect(platform.lists).toHaveLength(asked);
});

const stages: readonly { stage: ProvisionStage; outcome: string }[] = [
  { stage: "adopting", outcome: "unknown" }, { stage: "booting", outcome: "exists" }, { stage: "connecting", outcome: "exists" }, { stage: "starting", outcome: "exists" },
];
test.for(stages)("an abort while $stage ends at once with outcome $outcome", async ({ stage, outcome }) => {
  const { backend, platform } = bench({ facts: { readyTimeoutSeconds: 30 } });
  const caller = new AbortController();
  let abortedAt = 0;
  const progress = (now: ProvisionStage) => {
    if (now !== stage) return;
    setTimeout(() => {
      abortedAt = performance.now();
      caller.abort();
    }, 50);
  };
  const never = new Promise<never>(() => {});
  if (stage === "adopting") platform.onList = () => never;
  if (stage === "booting") platform.bootedAs = { state: "starting" };
  if (stage === "connecting") platform.machineOptions = () => ({ onConnection: () => "banner" });
  if (stage === "starting") platform.machineOptions = () => ({ hangOnStart: true });
  const failure = expect(backend.provision(grant(), envelope(), contextOf({ signal: caller.signal, progress }).context)).rejects;
  await failure.toMatchObject({ code: "aborted", outcome, operation: "provision", ref: { attempt: 1, ...(outcome === "exists" ? { instanceId: "m-1" } : {}) } });
  expect(performance.now() - abortedAt).toBeLessThan(2000);
});

test("an abort while a create is in flight waits for it, writes the machine down, and says that it exists", async () => {
  const { backend, platform } = bench();
  const caller = new AbortController();
  platform.onCreate = async (make) => {
    caller.abort();
    await new Promise((resolve) => setTimeout(resolve, 100));
    return make();
  };
  const { context, refs } = contextOf({ signal: caller.signal });
  await expect(backend.provision(grant(), envelope(), context)).rejects.toMatchObject({ code: "aborted", outcome: "exists", ref: { instanceId: "m-1" } });
  expect(refs).toMatchObject([{ instanceId: "m-1" }]);
  expect(platform.machine.connections).toBe(0);
});

test("an abort while a create is in flight that never settles ends at its timeout, outcome unknown", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 0.2 } });
  const caller = new AbortController();
  platform.onCreate = () => {
    caller.abort();
    return new Promise(() => {});
  };
  await expect(backend.provision(grant(), envelope(), contextOf({ signal: caller.signal }).context)).rejects.toMatchObject({ code: "aborted", outcome: "unknown", cause: { code: "timeout" } });
});

test("a refused create after an abort keeps its outcome", async () => {
  const { backend, platform } = bench();
  const caller = new AbortController();
  platform.onCreate = async () => {
    caller.abort();
    throw Object.assign(new Error("sold out"), { sold: true });
  };
  platform.mapError = (error) => (error instanceof Error && "sold" in error ? { code: "no_capacity", outcome: "none" } : undefined);
  await expect(backend.provision(grant(), envelope(), contextOf({ signal: caller.signal }).context)).rejects.toMatchObject({ code: "aborted", outcome: "none", cause: { code: "no_capacity" } });
});

test("an abort of one provision ends it at once, and not the other of the same attempt", async () => {
  const { backend, platform } = bench();
  const caller = new AbortController();
  const order: string[] = [];
  platform.onCreate = async (make) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    order.push("created");
    return make();
  };
  const { context } = contextOf();
  const waiting = backend.provision(grant(), envelope(), context);
  const aborted = backend.provision(grant(), envelope(), { ...context, signal: caller.signal });
  setTimeout(() => caller.abort(), 30);
  await expect(aborted).rejects.toMatchObject({ code: "aborted", outcome: "unknown" });
  order.push("aborted");
  expect(await waiting).toMatchObject({ instanceId: "m-1" });
  expect(order).toEqual(["aborted", "created"]);
});

test("closing the backend ends what waits with aborted, and later calls too", async () => {
  const { backend, platform } = bench();
  const ref = await backend.provision(grant(), envelope(), contextOf().context);
  platform.onDestroy = async () => {};
  const waits = [backend.watchUntilExit(ref, grant().validTo), backend.terminate(ref)];
  platform.machineOptions = () => ({ onConnection: () => "banner" });
  const booting = backend.provision(grant(), envelope(), contextOf({ attempt: 2 }).context);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await backend.close?.();
  for (const wait of [...waits, booting]) await expect(wait).rejects.toMatchObject({ code: "aborted" });
  await expect(backend.list()).rejects.toMatchObject({ code: "aborted" });
  expect(platform.closed).toBe(true);
});
