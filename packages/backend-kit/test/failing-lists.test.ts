import { expect, test } from "vitest";
import type { MappedError } from "../src/index.ts";
import { type FakePlatform, PlatformFailure } from "./fixtures/fake-platform.ts";
import { bench, contextOf, envelope, grant } from "./fixtures/setting.ts";

/** The next so many lists fail. */
function failLists(platform: FakePlatform, times: number, mapped: MappedError): void {
  platform.onList = async (things) => {
    if (times-- > 0) throw new PlatformFailure("page 2 is missing", mapped);
    return things;
  };
}

test.for(["rate_limited", "unavailable", "timeout"] as const)("lists that fail with %s before the create are asked for again: the attempt gets its machine", async (code) => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 2 } });
  failLists(platform, 2, { code });
  expect(await backend.provision(grant(), envelope(), contextOf().context)).toMatchObject({ instanceId: "m-1" });
  expect(platform.creates).toHaveLength(1);
});

test("a list is asked for again also where the poller has slowed down to less than a create may take", async () => {
  const { backend, platform } = bench({ pollSeconds: 30 });
  failLists(platform, 1, { code: "unavailable" });
  expect(await backend.provision(grant(), envelope(), contextOf().context)).toMatchObject({ instanceId: "m-1" });
});

test("lists that fail for as long as a create may take end the provision: nothing is created, and nobody knows what an earlier call left", async () => {
  const { backend, platform } = bench();
  failLists(platform, Infinity, { code: "unavailable", outcome: "none" });
  const started = performance.now();
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "unavailable", outcome: "unknown", message: "page 2 is missing", cause: expect.any(PlatformFailure) });
  expect(performance.now() - started).toBeGreaterThanOrEqual(200);
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(platform.creates).toHaveLength(0);
});

test.for(["unauthorized", "forbidden", "invalid_option"] as const)("a list that fails with %s, which waiting does not mend, ends the provision at once", async (code) => {
  const { backend, platform } = bench();
  failLists(platform, Infinity, { code });
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code, outcome: "unknown" });
  expect(platform.lists).toHaveLength(1);
});

test("what the platform asks for before the next list is waited for, but not when it is more than a create may take", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 1 } });
  failLists(platform, 1, { code: "rate_limited", retryAfterSeconds: 0.4 });
  const started = performance.now();
  await backend.provision(grant(), envelope(), contextOf().context);
  expect(performance.now() - started).toBeGreaterThanOrEqual(400);
  const other = bench({ facts: { createTimeoutSeconds: 1 } });
  failLists(other.platform, 1, { code: "rate_limited", retryAfterSeconds: 60 });
  await expect(other.backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "rate_limited", outcome: "unknown" });
  expect(other.platform.lists).toHaveLength(1);
});

test("a caller who leaves while lists fail is answered at once", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 30 }, pollSeconds: 30 });
  failLists(platform, Infinity, { code: "unavailable" });
  const caller = new AbortController();
  setTimeout(() => caller.abort(), 100);
  const started = performance.now();
  await expect(backend.provision(grant(), envelope(), contextOf({ signal: caller.signal }).context)).rejects.toMatchObject({ code: "aborted", outcome: "unknown" });
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("a machine whose create answer was lost is adopted although the first look after it fails", async () => {
  const { backend, platform } = bench();
  platform.onCreate = async (make) => {
    await make();
    failLists(platform, 1, { code: "rate_limited" });
    throw new Error("read ECONNRESET");
  };
  expect(await backend.provision(grant(), envelope(), contextOf().context)).toMatchObject({ instanceId: "m-1" });
  expect(platform.creates).toHaveLength(1);
});
