import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { BridgeError } from "@bridge/core/backend";
import { PlatformFailure } from "./fixtures/fake-platform.ts";
import { attemptKeys, bench, contextOf, envelope, grant, placement } from "./fixtures/setting.ts";

const reset = () => new Error("read ECONNRESET");

test("the same attempt again gives the same machine, is not created again and not started again", async () => {
  const { backend, platform } = bench();
  const keys = attemptKeys();
  const intentAtMs = Date.now();
  const first = await backend.provision(grant(), envelope(), contextOf({ keys, intentAtMs }).context);
  const { context, events } = contextOf({ keys, intentAtMs });
  const second = await backend.provision(grant(), envelope(), context);
  expect(second).toEqual(first);
  expect(platform.creates).toHaveLength(1);
  expect(platform.machine.startVerbs).toBe(1);
  expect(events).toEqual(["adopting", "onCreated", "booting", "connecting", "onReady", "ready"]);
});

test("two provisions of one attempt at once, in one process or two, give one machine with one start", async () => {
  const { backend, platform } = bench();
  const other = bench({ platform });
  const keys = attemptKeys();
  const instances = await Promise.all([backend, backend, other.backend].map((which) => which.provision(grant(), envelope(), contextOf({ keys }).context)));
  expect(new Set(instances.map(({ instanceId }) => instanceId))).toEqual(new Set(["m-1"]));
  expect(platform.machine.starts).toHaveLength(1);
});

test("mayCreate is asked in the same synchronous step as the create request is sent", async () => {
  const { backend, platform } = bench();
  const order: string[] = [];
  platform.onCreate = (make) => {
    order.push("create");
    return make();
  };
  const mayCreate = () => {
    order.push("mayCreate");
    queueMicrotask(() => order.push("a microtask later"));
  };
  await backend.provision(grant(), envelope(), contextOf({ mayCreate }).context);
  expect(order).toEqual(["mayCreate", "create", "a microtask later"]);
});

test("what must be had before a create is waited for while its time does not run, and before mayCreate is asked", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 0.2 } });
  const order: string[] = [];
  platform.beforeCreate = async () => {
    await sleep(300);
    order.push("beforeCreate");
  };
  platform.onCreate = (make) => {
    order.push("create");
    return make();
  };
  await backend.provision(grant(), envelope(), contextOf({ mayCreate: () => void order.push("mayCreate") }).context);
  expect(order).toEqual(["beforeCreate", "mayCreate", "create"]);
});

test("a create is not waited for by a caller who has left, and not sent when what it needs is not to be had", async () => {
  const { backend, platform } = bench();
  const leaving = new AbortController();
  platform.beforeCreate = async () => {
    leaving.abort();
    await new Promise(() => {});
  };
  await expect(backend.provision(grant(), envelope(), contextOf({ signal: leaving.signal }).context)).rejects.toMatchObject({ code: "aborted" });
  platform.beforeCreate = async () => {
    throw new PlatformFailure("no credentials", { code: "unauthorized" });
  };
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "unauthorized", outcome: "unknown" });
  expect(platform.creates).toHaveLength(0);
});

test("nothing is created, looked for or adopted once mayCreate refuses", async () => {
  const { backend, platform } = bench();
  const mayCreate = () => {
    throw new BridgeError("lease_lost", "another took over");
  };
  await expect(backend.provision(grant(), envelope(), contextOf({ mayCreate }).context)).rejects.toMatchObject({ code: "lease_lost", outcome: "unknown", operation: "provision", backend: "fake" });
  expect(platform.creates).toHaveLength(0);
  expect(platform.lists).toHaveLength(1);
});

test.for([
  ["grant", () => ({ request: grant({ requestId: "another" }), private: envelope(), where: placement })],
  ["envelope", () => ({ request: grant(), private: envelope({ command: ["/bin/false"] }), where: placement })],
  ["placement", () => ({ request: grant(), private: envelope(), where: { ...placement, resolved: { zone: "b" } } })],
] as const)("the same attempt with another %s is a conflict", async ([, changed]) => {
  const { backend } = bench();
  const keys = attemptKeys();
  const request = grant();
  await backend.provision(request, envelope(), contextOf({ keys }).context);
  const { request: other, private: sealed, where } = changed();
  await expect(backend.provision(other.requestId === request.requestId ? request : other, sealed, contextOf({ keys, where }).context))
    .rejects.toMatchObject({ code: "conflict", outcome: "exists", ref: { instanceId: "m-1" } });
});

test.for(["bridge-ledger", "bridge-backend", "bridge-arguments"])("a machine of the attempt whose tag %s is another is a conflict, not adopted", async (name) => {
  const { backend, platform } = bench();
  const keys = attemptKeys();
  await backend.provision(grant(), envelope(), contextOf({ keys }).context);
  const tags = platform.creates[0]?.tags ?? {};
  for (const value of ["another", undefined]) {
    platform.change("m-1", { tags: { ...tags, [name]: value } });
    await expect(backend.provision(grant(), envelope(), contextOf({ keys }).context)).rejects.toMatchObject({ code: "conflict", outcome: "exists" });
  }
  expect(platform.creates).toHaveLength(1);
});

test.for(["ending", "ended"] as const)("an attempt whose machine is %s is spent", async (state) => {
  const { backend, platform } = bench();
  const keys = attemptKeys();
  await backend.provision(grant(), envelope(), contextOf({ keys }).context);
  platform.change("m-1", { state });
  await expect(backend.provision(grant(), envelope(), contextOf({ keys }).context)).rejects.toMatchObject({ code: "attempt_spent", outcome: "exists", ref: { instanceId: "m-1", attempt: 1 } });
  expect(platform.creates).toHaveLength(1);
});

test("two live machines of one attempt are an internal error that names both", async () => {
  const { backend, platform } = bench();
  const { context } = contextOf();
  for (const id of ["x-1", "x-2"]) platform.put({ id, region: "here", state: "running", tags: context.tags });
  await expect(backend.provision(grant(), envelope(), context)).rejects.toMatchObject({ code: "internal", outcome: "exists", message: expect.stringMatching(/x-1, x-2/) });
});

test("a machine whose create answer was lost is found and adopted", async () => {
  const { backend, platform } = bench();
  platform.onCreate = async (make) => {
    await make();
    throw reset();
  };
  const { context, events } = contextOf();
  expect(await backend.provision(grant(), envelope(), context)).toMatchObject({ instanceId: "m-1" });
  expect(events).toContain("onCreated");
  expect(platform.creates).toHaveLength(1);
});

test("a lost answer without a machine in the list is an unknown outcome", async () => {
  const { backend, platform } = bench();
  platform.onCreate = async () => {
    throw reset();
  };
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "internal", outcome: "unknown", backend: "fake", operation: "provision", cause: { message: "read ECONNRESET" } });
});

test("a lost answer stays an unknown outcome when the look after it fails", async () => {
  const { backend, platform } = bench();
  platform.onCreate = async () => {
    platform.onList = async () => {
      throw new PlatformFailure("down", { code: "unavailable" });
    };
    throw reset();
  };
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "internal", outcome: "unknown", message: "read ECONNRESET" });
});

test("a create that does not settle in its time is a timeout with unknown outcome, and its request is called off", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 0.1 } });
  let calledOff = false;
  platform.onCreate = (_make, _spec, signal) => new Promise(() => signal?.addEventListener("abort", () => {
    calledOff = true;
  }));
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "timeout", outcome: "unknown" });
  expect(calledOff).toBe(true);
});

test("a machine that appears although its create timed out is adopted", async () => {
  const { backend, platform } = bench({ facts: { createTimeoutSeconds: 0.1 } });
  platform.onCreate = async (make) => {
    await make();
    return new Promise(() => {});
  };
  expect(await backend.provision(grant(), envelope(), contextOf().context)).toMatchObject({ instanceId: "m-1" });
});

test("a definitive refusal has the outcome that the author's table gives it, and nothing is looked for", async () => {
  const { backend, platform } = bench();
  platform.onCreate = async () => {
    throw new PlatformFailure("sold out", { code: "no_capacity", outcome: "none", retryAfterSeconds: 60 });
  };
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "no_capacity", outcome: "none", retryAfterSeconds: 60, retryable: true });
  expect(platform.lists).toHaveLength(1);
});

test("a create that finds its name taken waits for stale lists to show the machine", async () => {
  const { backend, platform } = bench({ facts: { settleSeconds: 2 } });
  const keys = attemptKeys();
  const other = bench({ platform });
  await other.backend.provision(grant(), envelope(), contextOf({ keys }).context);
  let stale = 4;
  platform.onList = async (things) => (stale-- > 0 ? [] : things);
  platform.onCreate = async () => {
    throw new PlatformFailure("alreadyExists", { code: "conflict", outcome: "exists" });
  };
  expect(await backend.provision(grant(), envelope(), contextOf({ keys }).context)).toMatchObject({ instanceId: "m-1" });
});

test("where only a search recognises a repeated create, absence is confirmed before anything is created", async () => {
  const { backend, platform } = bench({ facts: { idempotency: "search", createTimeoutSeconds: 0.2, settleSeconds: 0.2 } });
  const started = performance.now();
  let createdAt = 0;
  platform.onCreate = (make) => {
    createdAt = performance.now();
    return make();
  };
  await backend.provision(grant(), envelope(), contextOf().context);
  expect(createdAt - started).toBeGreaterThanOrEqual(400);
});

test("a create without an id is an unknown outcome, not an instance", async () => {
  const { backend, platform } = bench();
  platform.onCreate = async () => ({ id: "" });
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "internal", outcome: "unknown" });
});

test("an envelope that the platform refuses is unsupported before anything is asked of it", async () => {
  const { backend, platform } = bench();
  platform.refuseEnvelope = () => ({ reason: "image", message: "runs no images" });
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "unsupported", outcome: "none", message: "runs no images" });
  expect([platform.creates, platform.lists]).toEqual([[], []]);
});

test("a placement in a scope that the backend does not hold is refused", async () => {
  const { backend, platform } = bench();
  const where = { ...placement, scope: "scope-z" };
  await expect(backend.provision(grant(), envelope(), contextOf({ where }).context)).rejects.toMatchObject({ code: "wrong_scope" });
  expect(platform.creates).toHaveLength(0);
});

test("an onCreated that fails ends the provision with the machine's ref, whatever it says about the outcome", async () => {
  const { backend } = bench();
  const onCreated = async () => {
    throw new BridgeError("ledger_conflict", "the ledger is gone", { outcome: "none" });
  };
  await expect(backend.provision(grant(), envelope(), contextOf({ onCreated }).context)).rejects.toMatchObject({ code: "ledger_conflict", outcome: "exists", ref: { instanceId: "m-1" } });
});

test("name, token, tags and user data of an attempt are the same on every replay", async () => {
  const { backend, platform } = bench();
  const keys = attemptKeys();
  const recorded = contextOf({ keys });
  await backend.provision(grant(), envelope(), recorded.context);
  platform.removeAll();
  await sleep(10);
  await backend.provision(grant(), envelope(), recorded.context);
  const [first, second] = platform.creates;
  expect(first?.name).toBe(`bridge-${recorded.context.requestKey}-1`);
  expect(first?.token).toMatch(/^[0-9a-f]{64}$/);
  expect(first?.tags["bridge-arguments"]).toMatch(/^[0-9a-f]{32}$/);
  expect({ ...second, userData: undefined }).toEqual({ ...first, userData: undefined });
  expect(second?.userData({ maxBytes: 16_384 })).toEqual(first?.userData({ maxBytes: 16_384 }));
  expect(JSON.stringify(first)).not.toContain("PRIVATE KEY");
});
