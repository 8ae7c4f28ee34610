import { decodeTags } from "@bridge/core/backend";
import { memory } from "@bridge/core/memory";
import { describe, expect, test } from "vitest";
import { type ControllerEvent, openLedger } from "../src/index.ts";
import { clockOf, envelope, grantOf, keptEvents, keptLog, masterSecret, startedOn, stillPlatform } from "./fixtures/setting.ts";
import { scripted } from "./fixtures/scripted-backend.ts";
import { soon } from "./fixtures/soon.ts";

const typesOf = (events: readonly ControllerEvent[]) => events.map(({ type }) => type);

describe("events", () => {
  test("tell the life of a grant in order, to every reader from when it began", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform);
    const first = keptEvents(controller);
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    const second = keptEvents(controller);
    platform.exit(requestKey, 0);
    await controller.waitFor(requestKey, "settled");
    await soon(() => expect(typesOf(second)).toContain("closed"));
    expect(typesOf(first).slice(0, 4)).toEqual(["accepted", "attempt", "running", "ended"]);
    expect(typesOf(first).slice(4).sort()).toEqual(["closed", "settled"]);
    expect(typesOf(second).sort()).toEqual(["closed", "ended", "settled"]);
    expect(first[3]).toMatchObject({ requestKey, result: { kind: "ran" } });
  });

  test("hold nothing of the envelope", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform);
    const events = keptEvents(controller);
    const { requestKey } = await controller.submitTrusted(grantOf(), { ...envelope, command: ["canary-command"], environment: { NAME: "canary-value" } });
    await controller.waitFor(requestKey, "running");
    platform.exit(requestKey, 0);
    await controller.waitFor(requestKey, "settled");
    expect(JSON.stringify(events)).not.toContain("canary");
  });
});

describe("an operator is told, as an event, in the overview and in the log, of", () => {
  test("a machine of another ledger", async () => {
    const platform = stillPlatform();
    const first = await startedOn(platform);
    const { requestKey } = await first.submitTrusted(grantOf(), envelope);
    await first.waitFor(requestKey, "running");
    const { ledgerId } = await first.overview();
    await first.stop();
    const { log, lines } = keptLog();
    await using second = await startedOn(platform, { log });
    const events = keptEvents(second);
    await second.sweep();
    await second.sweep();
    const stranger = { reason: "other_ledger", backend: "memory", requestKey, attempt: 1, ledgerId };
    expect((await second.overview()).strangers).toMatchObject([stranger]);
    expect(events.filter(({ type }) => type === "stranger")).toMatchObject([stranger]);
    expect(lines.filter(({ fields }) => "reason" in fields)).toMatchObject([{ level: "warn", fields: stranger }]);
    expect(platform.machines()).toHaveLength(1);
  });

  test("a scope that cannot be listed, once", async () => {
    const platform = stillPlatform();
    platform.inject({ call: "list", answer: "incomplete", times: 3 });
    await using controller = await startedOn(platform, { settings: { sweepSeconds: 1e6 } });
    const events = keptEvents(controller);
    await controller.sweep();
    await controller.sweep();
    await soon(() => expect(typesOf(events)).toEqual(["scope_frozen"]));
  });

  test("clocks that differ by more than a minute", async () => {
    const platform = stillPlatform();
    const offset = { ms: 0 };
    const clock = clockOf(platform);
    await using controller = await startedOn(platform, { clock: { ...clock, now: () => platform.now() + offset.ms, monotonic: () => platform.now() + offset.ms } });
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    const events = keptEvents(controller);
    offset.ms = 120_000;
    await controller.sweep();
    await soon(() => expect(events).toMatchObject([{ type: "clock_skew", scope: platform.scope, skewSeconds: -120 }]));
  });

  test("a sweep that would end more than it may", async () => {
    const platform = stillPlatform();
    const ledger = await openLedger({ file: ":memory:", owner: "owner", masterSecret });
    const first = await startedOn(platform, { ledger });
    const keys = await Promise.all(Array.from({ length: 5 }, async (_, i) => (await first.submitTrusted(grantOf(`grant-${i}`), envelope)).requestKey));
    for (const key of keys) await first.waitFor(key, "running");
    const shown = platform.machines().map(({ id, spec }) => ({ id, ...decodeTags(spec.tags) }));
    for (const key of keys) await first.cancel(key);
    await soon(async () => expect((await first.overview()).openAttempts).toBe(0));
    await first.stop();
    // A platform that still shows what was ended: closed attempts, each to be ended once more.
    const terminated: unknown[] = [];
    const { scope } = platform;
    const backend = scripted("memory", {
      terminate: async (ref) => void terminated.push(ref.requestKey),
      list: async () => ({ scopes: [{ scope, complete: true }], instances: shown.map(({ id, requestKey = "", ledgerId = "" }) => ({ backend: "memory", scope, requestKey, attempt: 1, placement: { scope, region: "r", size: "s", resolved: {} }, intentAtMs: 0, instanceId: id, kind: "machine", state: "running", ledgerId })) }),
    });
    await using second = await startedOn(platform, { ledger, backends: [backend], settings: { endedPerSweep: 2, sweepSeconds: 1e6 } });
    const events = keptEvents(second);
    await soon(() => expect(events).toMatchObject([{ type: "sweep_capped", ended: 2, left: 3 }]));
    expect(terminated).toHaveLength(2);
    // Those that stay, whatever is done, do not keep the others waiting for ever.
    await second.sweep();
    await second.sweep();
    expect(new Set(terminated)).toEqual(new Set(keys));
  });

  test("a live machine whose backend is gone, and no grant is admitted until it is back", async () => {
    const platform = stillPlatform();
    const ledger = await openLedger({ file: ":memory:", owner: "owner", masterSecret });
    const first = await startedOn(platform, { ledger });
    const { requestKey } = await first.submitTrusted(grantOf(), envelope);
    await first.waitFor(requestKey, "running");
    await first.stop();
    const { log, lines } = keptLog();
    const second = await startedOn(platform, { ledger, backends: [memory({}, { platform, name: "renamed" })], log });
    const events = keptEvents(second);
    const stranded = { reason: "unknown_backend", backend: "memory", requestKey, attempt: 1, scope: platform.scope };
    expect((await second.overview()).stranded).toEqual([stranded]);
    await expect(second.submitTrusted(grantOf("new"), envelope)).rejects.toMatchObject({ code: "unknown_backend", outcome: "none", message: expect.stringContaining("put that back") });
    expect(await second.submitTrusted(grantOf(), envelope)).toMatchObject({ state: "running" });
    await soon(() => expect(events).toContainEqual({ type: "stranded", ...stranded }));
    expect(lines.some(({ level, fields }) => level === "error" && "reason" in fields && fields.reason === "unknown_backend")).toBe(true);
    await second.stop();
    expect(platform.machines()).toHaveLength(1);
    await using third = await startedOn(platform, { ledger });
    expect((await third.overview()).stranded).toEqual([]);
    expect(await third.submitTrusted(grantOf("new"), envelope)).toMatchObject({ state: "accepted" });
  });
});

test("with the credentials of another account, a live machine is told of as out of reach, and stays open however often its end is tried", async () => {
  const [platform, another] = [stillPlatform(), stillPlatform()];
  const ledger = await openLedger({ file: ":memory:", owner: "owner", masterSecret });
  const first = await startedOn(platform, { ledger });
  const { requestKey } = await first.submitTrusted(grantOf(), envelope);
  await first.waitFor(requestKey, "running");
  await first.stop();
  await using second = await startedOn(platform, { ledger, backends: [memory({}, { platform: another })] });
  const events = keptEvents(second);
  await second.sweep();
  expect((await second.overview()).stranded).toEqual([{ reason: "wrong_scope", backend: "memory", requestKey, attempt: 1, scope: platform.scope }]);
  await expect(second.submitTrusted(grantOf("new"), envelope)).rejects.toMatchObject({ code: "wrong_scope", outcome: "none" });
  await second.cancel(requestKey);
  await second.waitFor(requestKey, "settled");
  await soon(async () => {
    await platform.advance(10);
    expect(events.filter(({ type, ...event }) => type === "closing_failed" && "code" in event && event.code === "wrong_scope").length).toBeGreaterThan(2);
  });
  expect((await second.status(requestKey)).attempts).toMatchObject([{ state: "closing" }]);
  expect(platform.machines()).toHaveLength(1);
});

test("the overview counts grants by state and attempts that are open", async () => {
  const platform = stillPlatform();
  await using controller = await startedOn(platform);
  const { requestKey } = await controller.submitTrusted(grantOf("one"), envelope);
  const { requestKey: other } = await controller.submitTrusted(grantOf("two"), envelope);
  await controller.waitFor(requestKey, "running");
  await controller.waitFor(other, "running");
  platform.exit(other, 0);
  await controller.waitFor(other, "settled");
  await soon(async () => expect(await controller.overview()).toEqual({
    ledgerId: expect.stringMatching(/^l[0-9a-f]{16}$/), grants: { accepted: 0, running: 1, ending: 0, settled: 1 }, openAttempts: 1, stranded: [], strangers: [],
  }));
});
