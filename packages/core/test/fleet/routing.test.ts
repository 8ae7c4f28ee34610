import { describe, expect, it } from "vitest";
import { BridgeError, type Capabilities, type Refusal } from "../../src/index.ts";
import { caught } from "../fixtures/caught.ts";
import { fleetOf } from "../fixtures/fleets.ts";
import { envelope, grantOf, startMs } from "../fixtures/grants.ts";
import { keepLog } from "../fixtures/logs.ts";
import { facts, roomy, scripted } from "../fixtures/scripted-backend.ts";

const tdx: Capabilities = { ...roomy, tdxCapable: true };
const backendOf = async (fleet: ReturnType<typeof fleetOf>, manifest: Parameters<typeof grantOf>[0] = {}) => (await fleet.provisionForGrant(grantOf(manifest), envelope)).backend;

describe("a Fleet routes a grant", () => {
  it("to the first backend that can satisfy it, in the order given", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    expect(await backendOf(fleetOf([a, b]))).toBe("a");
    expect(await backendOf(fleetOf([b, a]))).toBe("b");
  });

  it("past backends that cannot satisfy it, which are not called", async () => {
    const calls: string[] = [];
    const fleet = fleetOf([scripted("a", { canSatisfy: () => false }, { calls }), scripted("b", {}, { calls })]);
    expect(await backendOf(fleet)).toBe("b");
    expect(calls).toEqual(["b.provision"]);
  });

  it("that requires TDX past backends without it, also when they say that they can", async () => {
    const fleet = fleetOf([scripted("plain", { canSatisfy: () => true }), scripted("tdx", { capabilities: async () => tdx, provision: async (grant, _envelope, { requestKey, attempt, placement, intentAtMs, keys }) => ({
      backend: "tdx", scope: "s", requestKey, attempt, placement, intentAtMs, instanceId: "i", region: "here", publicHost: "h", sshPort: 22, user: "u", keyPublic: keys.requesterPublicKey,
      hostKey: keys.host.publicKey, startedAt: 1, providerId: grant.providerId, isolation: "td", tdx: "requested", hostKeyProvenance: "injected",
    }) })]);
    expect(await backendOf(fleet, { tdx: "required" })).toBe("tdx");
    expect(await backendOf(fleet, { tdx: "none" })).toBe("plain");
  });

  it("that prefers TDX to capable backends first, then to the others, each in the order given", async () => {
    const refusing = { capabilities: async () => tdx, provision: async () => { throw new BridgeError("no_capacity", "full", { outcome: "none" as const }); } };
    const full = fleetOf([scripted("plain"), scripted("tdx1", refusing), scripted("tdx2", refusing)]);
    const tried: string[] = [];
    await full.provisionForGrant(grantOf({ tdx: "preferred" }), envelope, { onAttempt: ({ backend }) => void tried.push(backend) });
    expect(tried).toEqual(["tdx1", "tdx2", "plain"]);
  });

  it("past a backend whose capabilities cannot be read, and says so", async () => {
    const steps: unknown[] = [];
    const fleet = fleetOf([scripted("down", { capabilities: async () => { throw new BridgeError("unavailable", "no answer"); } }), scripted("up")]);
    await fleet.provisionForGrant(grantOf(), envelope, { onRouting: (step) => void steps.push(step) });
    expect(steps).toMatchObject([
      { backend: "down", verdict: "refused", reason: "unavailable", message: "its capabilities are not known: unavailable: no answer" },
      { backend: "up", verdict: "served", reason: "ok", attempt: 1 },
    ]);
  });

  it("past backends that lease only for longer or shorter", async () => {
    const fleet = fleetOf([
      scripted("long", {}, { plugin: { facts: { ...facts, minLifetimeSeconds: 3601 } } }),
      scripted("short", {}, { plugin: { facts: { ...facts, maxLifetimeSeconds: 3599 } } }),
      scripted("fits", {}, { plugin: { facts: { ...facts, minLifetimeSeconds: 3600, maxLifetimeSeconds: 3600 } } }),
    ]);
    expect(await backendOf(fleet)).toBe("fits");
    expect((await fleet.explain(grantOf())).refusals).toMatchObject({ long: [{ reason: "lifetime" }], short: [{ reason: "lifetime" }] });
  });

  it("to every placement of a backend before the next backend", async () => {
    const placements = async () => ["x", "y"].map((region) => ({ scope: "s", region, size: "z", resolved: {} }));
    const provision = async () => { throw new BridgeError("no_capacity", "full", { outcome: "none" }); };
    const tried: string[] = [];
    await fleetOf([scripted("a", { placements, provision }), scripted("b")]).provisionForGrant(grantOf(), envelope, {
      onAttempt: ({ backend, placement, attempt }) => void tried.push(`${attempt} ${backend} ${placement.region}`),
    });
    expect(tried).toEqual(["1 a x", "2 a y", "3 b here"]);
  });

  it("to one placement in the first region that the grant allows, where a backend offers no choice", async () => {
    const fleet = fleetOf([scripted("a", { capabilities: async () => ({ ...roomy, regions: ["x", "y"] }) })]);
    expect((await fleet.provisionForGrant(grantOf({ regions: ["z", "y"] }), envelope)).placement).toEqual({ scope: "a", region: "y", size: "default", resolved: {} });
  });
});

describe("a Fleet says in its log", () => {
  it("once, that it is initialised, with the names of its backends in order", () => {
    const { log, lines } = keepLog();
    fleetOf([scripted("b"), scripted("a")], { log });
    expect(lines).toEqual([{ level: "info", fields: { backends: ["b", "a"] }, message: "fleet initialised" }]);
  });

  it("before each call, to which backend it routes which request", async () => {
    const { log, lines } = keepLog();
    const calls: string[] = [];
    const provision = async () => {
      calls.push(lines.at(-1)?.message ?? "");
      throw new BridgeError("no_capacity", "full", { outcome: "none" });
    };
    const fleet = fleetOf([scripted("a", { provision }), scripted("b")], { log });
    const { requestKey } = await fleet.provisionForGrant(grantOf(), envelope);
    expect(calls).toEqual(["routing grant to backend"]);
    expect(lines.filter(({ message }) => message === "routing grant to backend")).toEqual([
      { level: "info", message: "routing grant to backend", fields: { backend: "a", requestId: "request-1", requestKey, attempt: 1, region: "here", size: "default" } },
      { level: "info", message: "routing grant to backend", fields: { backend: "b", requestId: "request-1", requestKey, attempt: 2, region: "here", size: "default" } },
    ]);
  });
});

describe("a Fleet refuses", () => {
  it("to be made of no backends, and says what there could be", async () => {
    const error = await caught(() => fleetOf([]));
    expect(error.code).toBe("no_backends");
    expect(error.message).toMatch(/no backend is configured.*@bridge\/backend-local/);
  });

  it("a grant that nobody can satisfy, with every refusal of every backend", async () => {
    const refusals: readonly Refusal[] = [{ reason: "cpu", message: "wants 9; at most 1" }, { reason: "ram", message: "wants 8; at most 2" }];
    const fleet = fleetOf([
      scripted("small", { canSatisfy: () => false, explain: () => refusals }),
      scripted("silent", { canSatisfy: () => false }),
      scripted("plain"),
      scripted("down", { capabilities: async () => { throw new Error("broken"); } }),
    ]);
    const error = await caught(() => fleet.provisionForGrant(grantOf({ tdx: "required" }), envelope));
    expect({ code: error.code, outcome: error.outcome }).toEqual({ code: "no_backend_can_satisfy", outcome: "none" });
    expect(error.refusals).toEqual({
      small: [{ reason: "tdx", message: "requires Intel TDX; not capable of it" }, ...refusals],
      silent: [{ reason: "tdx", message: "requires Intel TDX; not capable of it" }],
      plain: [{ reason: "tdx", message: "requires Intel TDX; not capable of it" }],
      down: [{ reason: "unavailable", message: "its capabilities are not known: internal: broken" }],
    });
    expect(error.message).toContain(`request "request-1"`);
    for (const [name, reasons] of Object.entries(error.refusals ?? {})) for (const { message } of reasons) expect(error.message).toMatch(new RegExp(`${name}: .*${message}`));
    expect(error.routing?.map(({ backend, verdict }) => `${backend} ${verdict}`)).toEqual(["small refused", "small refused", "small refused", "silent refused", "plain refused", "down refused"]);
  });

  it("an instance of a backend that it does not hold, naming both", async () => {
    const calls: string[] = [];
    const instance = await fleetOf([scripted("gone")]).provisionForGrant(grantOf(), envelope);
    const fleet = fleetOf([scripted("here", {}, { calls }), scripted("there", {}, { calls })]);
    for (const call of [() => fleet.terminate(instance), () => fleet.watchUntilExit(instance, 1)]) {
      const error = await caught(call);
      expect(error.code).toBe("unknown_backend");
      for (const name of [`"gone"`, `"here"`, `"there"`]) expect(error.message).toContain(name);
    }
    expect(calls).toEqual([]);
  });

  it("two backends of one name, illegal names, and wrong options, all at once", async () => {
    const error = await caught(() => fleetOf([scripted("a"), scripted("a"), { ...scripted("c"), name: "Not Legal" }]));
    expect(error.problems?.map(({ path }) => path)).toEqual(["backends[1].name", "backends[2].name"]);
    const own = await caught(() => fleetOf([scripted("a")], { owner: "Not Legal", ledgerId: "", capacityMemorySeconds: -1, capabilitiesMaxAgeSeconds: Number.NaN }));
    expect(own.problems?.map(({ path }) => path)).toEqual(["owner", "ledgerId", "capabilitiesMaxAgeSeconds", "capacityMemorySeconds"]);
    expect((await caught(() => fleetOf([scripted("a")], { masterSecret: "short" }))).message).toContain("at least 32 bytes");
    expect((await caught(() => fleetOf([{ ...scripted("a"), options: { colour: "blue" } }]))).code).toBe("invalid_option");
  });

  it("a grant for another provider, and one that is not valid now, before anybody is called", async () => {
    const calls: string[] = [];
    const fleet = fleetOf([scripted("a", {}, { calls })], { providerId: "me" });
    const now = startMs / 1000;
    const codes = [];
    for (const claims of [{ providerId: "you" }, { providerId: "me", validTo: now }, { providerId: "me", validFrom: now + 1 }]) {
      codes.push((await caught(() => fleet.provisionForGrant(grantOf({}, claims), envelope))).code);
      codes.push((await caught(() => fleet.explain(grantOf({}, claims)))).code);
    }
    expect(codes).toEqual(["wrong_audience", "wrong_audience", "grant_expired", "grant_expired", "grant_not_yet_valid", "grant_not_yet_valid"]);
    expect(calls).toEqual([]);
  });
});

describe("a Fleet routes later calls", () => {
  it("back to the backend that made the instance", async () => {
    const calls: string[] = [];
    const fleet = fleetOf([scripted("a", { canSatisfy: ({ manifest }) => manifest.ramMib < 100 }, { calls }), scripted("b", {}, { calls })]);
    const instance = await fleet.provisionForGrant(grantOf(), envelope);
    await fleet.terminate(instance);
    await caught(() => fleet.watchUntilExit(instance, 1)).catch(() => {});
    expect(calls).toEqual(["b.provision", "b.terminate", "b.watchUntilExit"]);
  });

  it("for capabilities to all, in order; one that fails fails the whole, and is named", async () => {
    expect(await fleetOf([scripted("b"), scripted("a", { capabilities: async () => tdx })]).capabilities()).toEqual([["b", roomy], ["a", tdx]]);
    const error = await caught(() => fleetOf([scripted("a"), scripted("b", { capabilities: async () => { throw new BridgeError("unauthorized", "expired"); } })]).capabilities());
    expect(error).toMatchObject({ code: "unauthorized", backend: "b", operation: "capabilities" });
  });

  it("for lists to all; one that fails is an incomplete scope, never an empty one", async () => {
    const fleet = fleetOf([scripted("a"), scripted("b", { list: async () => { throw new BridgeError("timeout", "slow"); } })]);
    const { scopes, instances } = await fleet.list();
    expect(scopes).toMatchObject([{ scope: "a", complete: true }, { scope: "b", complete: false, error: { code: "timeout", backend: "b" } }]);
    expect(instances).toEqual([]);
  });

  it("for lists to all; one that does not answer in time is an incomplete scope", async () => {
    const fleet = fleetOf([scripted("a"), scripted("b", { list: () => new Promise(() => {}) })]);
    const { scopes } = await fleet.list({ signal: AbortSignal.timeout(10) });
    expect(scopes.find(({ scope }) => scope === "b")).toMatchObject({ complete: false, error: { code: "aborted" } });
    expect(scopes.some(({ complete }) => complete)).toBe(true);
  });

  it("for close to those that have something to let go of", async () => {
    const closed: string[] = [];
    {
      await using fleet = fleetOf([scripted("a", { close: async () => void closed.push("a") }), scripted("b")]);
      void fleet;
    }
    expect(closed).toEqual(["a"]);
  });
});
