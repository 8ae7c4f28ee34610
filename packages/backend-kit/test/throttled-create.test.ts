import { expect, test } from "vitest";
import { BridgeError } from "@bridge/core/backend";
import type { MappedError } from "../src/index.ts";
import { type FakePlatform, PlatformFailure } from "./fixtures/fake-platform.ts";
import { bench, contextOf, envelope, grant } from "./fixtures/setting.ts";

/** The next so many creates are refused for their rate; tells when each create came. */
function throttle(platform: FakePlatform, times: number, mapped: Partial<MappedError> = {}): readonly number[] {
  const at: number[] = [];
  platform.onCreate = async (make) => {
    at.push(performance.now());
    if (times-- > 0) throw new PlatformFailure("RequestLimitExceeded", { code: "rate_limited", outcome: "none", ...mapped });
    return make();
  };
  return at;
}

test("a create that is refused for its rate is sent again, the same, until the platform takes it", async () => {
  const { backend, platform, logged } = bench();
  throttle(platform, 3);
  expect(await backend.provision(grant(), envelope(), contextOf().context)).toMatchObject({ instanceId: "m-1" });
  expect(platform.creates).toHaveLength(4);
  expect(new Set(platform.creates.map((spec) => JSON.stringify([spec, Buffer.from(spec.userData({ maxBytes: 16_384 })).toString()])))).toHaveLength(1);
  expect(logged.filter((message) => message === "a create was refused for its rate; it is sent again")).toHaveLength(3);
});

test("each time, what a create needs is had first and mayCreate is asked in the step in which it is sent", async () => {
  const { backend, platform } = bench();
  const order: string[] = [];
  let refusals = 2;
  platform.beforeCreate = async () => void order.push("beforeCreate");
  platform.onCreate = async (make) => {
    order.push("create");
    if (refusals-- > 0) throw new PlatformFailure("slow down", { code: "rate_limited", outcome: "none" });
    return make();
  };
  const mayCreate = () => {
    order.push("mayCreate");
    queueMicrotask(() => order.push("a microtask later"));
  };
  await backend.provision(grant(), envelope(), contextOf({ mayCreate }).context);
  const once = ["beforeCreate", "mayCreate", "create", "a microtask later"];
  expect(order).toEqual([...once, ...once, ...once]);
});

test("the pauses grow, and what the platform asks for is waited for", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 3 } });
  const at = throttle(platform, 3);
  await backend.provision(grant(), envelope(), contextOf().context);
  const pauses = at.slice(1).map((moment, index) => moment - (at[index] ?? 0));
  for (const [index, leastMs] of [100, 200, 400].entries()) expect(pauses[index]).toBeGreaterThanOrEqual(leastMs - 1);
  const other = bench();
  const [first = 0, second = 0] = await (async () => {
    const moments = throttle(other.platform, 1, { retryAfterSeconds: 0.4 });
    await other.backend.provision(grant(), envelope(), contextOf().context);
    return moments;
  })();
  expect(second - first).toBeGreaterThanOrEqual(399);
});

test("a platform that goes on refusing for its rate ends the provision with that, and nothing was made", async () => {
  const { backend, platform } = bench();
  throttle(platform, Infinity);
  const started = performance.now();
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "rate_limited", outcome: "none" });
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(platform.creates.length).toBeGreaterThan(5);
  expect(platform.creates.length).toBeLessThan(20);
});

test("what would be waited for in vain ends the provision at once: a pause beyond all patience, or beyond the attempt's deadline", async () => {
  const { backend, platform } = bench();
  throttle(platform, 1, { retryAfterSeconds: 60 });
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "rate_limited", outcome: "none", retryAfterSeconds: 60 });
  const recorded = contextOf();
  const late = bench({ now: () => recorded.context.deadlineMs - 100 });
  throttle(late.platform, 1, { retryAfterSeconds: 0.2 });
  await expect(late.backend.provision(grant(), envelope(), recorded.context)).rejects.toMatchObject({ code: "rate_limited", outcome: "none" });
  expect([platform.creates, late.platform.creates]).toMatchObject([{ length: 1 }, { length: 1 }]);
});

test.for([
  { code: "rate_limited" }, { code: "rate_limited", outcome: "unknown" }, { code: "no_capacity", outcome: "none" }, { code: "unavailable", outcome: "none" },
] as const)("a create answered with %o is not sent again", async (mapped) => {
  const { backend, platform } = bench();
  platform.onCreate = async () => {
    throw new PlatformFailure("no", mapped);
  };
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ outcome: "unknown", ...mapped });
  expect(platform.creates).toHaveLength(1);
});

test("a caller who leaves while a refused create waits is answered at once: nothing was made and nothing is under way", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 30 } });
  throttle(platform, Infinity);
  const caller = new AbortController();
  setTimeout(() => caller.abort(), 200);
  const started = performance.now();
  await expect(backend.provision(grant(), envelope(), contextOf({ signal: caller.signal }).context)).rejects.toMatchObject({ code: "aborted", outcome: "none" });
  expect(performance.now() - started).toBeLessThan(900);
  expect(platform.creates).toHaveLength(1);
});

test("a refused create is not sent again once mayCreate refuses, and what mayCreate throws is no refusal for its rate", async () => {
  const { backend, platform } = bench();
  throttle(platform, Infinity);
  let asked = 0;
  const onlyOnce = () => {
    if (++asked > 1) throw new BridgeError("lease_lost", "another took over");
  };
  await expect(backend.provision(grant(), envelope(), contextOf({ mayCreate: onlyOnce }).context)).rejects.toMatchObject({ code: "lease_lost", outcome: "unknown" });
  expect(platform.creates).toHaveLength(1);
  const never = () => {
    asked += 1;
    throw new BridgeError("rate_limited", "too many machines", { outcome: "none" });
  };
  await expect(backend.provision(grant(), envelope(), contextOf({ mayCreate: never }).context)).rejects.toMatchObject({ code: "rate_limited", outcome: "none" });
  expect([asked, platform.creates.length]).toEqual([3, 1]);
});

test("what a create needs and cannot have after a refusal leaves what the refusal left: nothing", async () => {
  const { backend, platform } = bench();
  throttle(platform, Infinity);
  platform.beforeCreate = async () => {
    if (platform.creates.length > 0) throw new PlatformFailure("the credentials have expired", { code: "unauthorized" });
  };
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "unauthorized", outcome: "none" });
  expect(platform.creates).toHaveLength(1);
});

test.for(["made", "lost"] as const)("a create that is sent again and never answered is looked for: %s", async (fate) => {
  const { backend, platform } = bench();
  platform.onCreate = async (make) => {
    if (platform.creates.length === 1) throw new PlatformFailure("slow down", { code: "rate_limited", outcome: "none" });
    if (fate === "made") await make();
    throw new Error("read ECONNRESET");
  };
  const provision = backend.provision(grant(), envelope(), contextOf().context);
  if (fate === "made") expect(await provision).toMatchObject({ instanceId: "m-1" });
  else await expect(provision).rejects.toMatchObject({ message: "read ECONNRESET", outcome: "unknown" });
  expect(platform.creates).toHaveLength(2);
});
