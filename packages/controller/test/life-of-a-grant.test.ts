import { memory } from "@bridge/core/memory";
import { describe, expect, test } from "vitest";
import { envelope, grantOf, keptEvents, startedOn, stillPlatform } from "./fixtures/setting.ts";
import { soon } from "./fixtures/soon.ts";

describe("a grant", () => {
  test("runs until its workload exits, with the code it exited with", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform);
    const { requestKey, state } = await controller.submitTrusted(grantOf(), envelope);
    expect(state).toBe("accepted");
    const running = await controller.waitFor(requestKey, "running");
    expect(running).toMatchObject({ state: "running", attempts: [{ attempt: 1, backend: "memory", state: "running" }] });
    await platform.advance(100);
    platform.exit(requestKey, 7);
    const settled = await controller.waitFor(requestKey, "settled");
    expect(settled.result).toMatchObject({ kind: "ran", usage: { wallSeconds: { value: 100, source: "measured" }, exit: { reason: "exited", code: 7 } } });
    await soon(async () => expect((await controller.status(requestKey)).attempts).toMatchObject([{ state: "closed" }]));
    expect(platform.machines()).toEqual([]);
    expect(platform.books(requestKey, 1)).toEqual({ createRequests: 1, machines: 1, starts: 1 });
  });

  test("ends at its deadline, metered until then", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform);
    const { requestKey, deadlineMs } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    await platform.advance(3600);
    const { result } = await controller.waitFor(requestKey, "settled");
    expect(result).toMatchObject({ kind: "ran", endedAtMs: deadlineMs, usage: { wallSeconds: { value: 3600 }, exit: { reason: "deadline" } } });
  });

  test("whose machine vanishes is lost, and no attempt follows", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform);
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    platform.vanish(requestKey);
    const { result, attempts } = await controller.waitFor(requestKey, "settled");
    expect(result).toMatchObject({ kind: "ran", usage: { exit: { reason: "lost" } } });
    expect(attempts).toHaveLength(1);
  });

  test("cancelled while it runs is metered and its machine is ended", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform);
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    await platform.advance(50);
    expect(await controller.cancel(requestKey)).toMatchObject({ cancelledAtMs: platform.now() });
    const { result } = await controller.waitFor(requestKey, "settled");
    expect(result).toMatchObject({ kind: "ran", usage: { wallSeconds: { value: 50 }, exit: { reason: "terminated" } } });
    await soon(() => expect(platform.machines()).toEqual([]));
  });

  test("cancelled before it runs never has a machine", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform, { probe: ({ kind, moment }) => (kind === "choose" && moment === "before" ? cancelled.promise : undefined) });
    const cancelled = Promise.withResolvers<void>();
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.cancel(requestKey);
    cancelled.resolve();
    const { result } = await controller.waitFor(requestKey, "settled");
    expect(result).toMatchObject({ kind: "failed", failure: { code: "aborted" } });
    expect(platform.calls.filter(({ call }) => call === "create")).toEqual([]);
  });

  test("that is over is not changed by a cancel", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform);
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    platform.exit(requestKey, 0);
    const settled = await controller.waitFor(requestKey, "settled");
    expect(await controller.cancel(requestKey)).toMatchObject({ result: settled.result, log: settled.log });
    expect(await controller.cancel(requestKey)).not.toHaveProperty("cancelledAtMs");
  });
});

describe("attempts", () => {
  test("go over placements and then to the next backend", async () => {
    const [first, second] = [stillPlatform(), stillPlatform()];
    first.inject({ call: "create", refuse: "no_capacity", times: 2 });
    await using controller = await startedOn(first, { backends: [memory({ regions: ["north", "south"] }, { name: "a", platform: first }), memory({}, { name: "b", platform: second })] });
    const events = keptEvents(controller);
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    const { attempts, routing } = await controller.waitFor(requestKey, "running");
    expect(attempts).toMatchObject([
      { attempt: 1, backend: "a", region: "north", state: "closed", failure: { code: "no_capacity" } },
      { attempt: 2, backend: "a", region: "south", state: "closed", failure: { code: "no_capacity" } },
      { attempt: 3, backend: "b", region: "memory", state: "running" },
    ]);
    expect(routing.filter(({ verdict }) => verdict !== "skipped").map(({ backend, verdict }) => [backend, verdict])).toEqual([["a", "failed"], ["a", "failed"], ["b", "served"]]);
    await soon(() => expect(events.map(({ type }) => type)).toEqual(["accepted", "attempt", "attempt_failed", "attempt", "attempt_failed", "attempt", "running"]));
  });

  test("are at most three", async () => {
    const platform = stillPlatform();
    platform.inject({ call: "create", refuse: "no_capacity", times: Infinity });
    await using controller = await startedOn(platform, { backends: [memory({ regions: ["r1", "r2", "r3", "r4"] }, { platform })] });
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    const { attempts, result } = await controller.waitFor(requestKey, "settled");
    expect(attempts).toHaveLength(3);
    expect(result).toMatchObject({ kind: "failed", failure: { code: "no_capacity" } });
    expect(platform.calls.filter(({ call }) => call === "create")).toHaveLength(3);
  });

  test("follow only when nothing of the last is left", async () => {
    const platform = stillPlatform();
    platform.inject({ call: "connect", answer: "other_host_key", times: Infinity, region: "north" });
    const machines: number[] = [];
    await using controller = await startedOn(platform, {
      backends: [memory({ regions: ["north", "south"] }, { platform })],
      probe: ({ kind, moment }) => { if (kind === "intend" && moment === "before") machines.push(platform.machines().length); },
    });
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await soon(() => expect(platform.machines()).toHaveLength(1));
    await platform.advance(11);
    const { attempts } = await controller.waitFor(requestKey, "running");
    expect(attempts).toMatchObject([{ failure: { code: "host_key_mismatch" }, state: "closed" }, { region: "south", state: "running" }]);
    expect(machines).toEqual([0, 0]);
  });

  test("wait for a backend that is down for the moment", async () => {
    const platform = stillPlatform();
    platform.inject({ call: "capabilities", refuse: "unavailable", times: 2 });
    await using controller = await startedOn(platform);
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await soon(async () => {
      await platform.advance(5);
      expect((await controller.status(requestKey)).state).toBe("running");
    });
    expect((await controller.status(requestKey)).attempts).toHaveLength(1);
  });

  test("are not waited for beyond the bound", async () => {
    const platform = stillPlatform();
    platform.inject({ call: "capabilities", refuse: "unavailable", times: Infinity });
    await using controller = await startedOn(platform, { settings: { placementWaitSeconds: 60 } });
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await soon(async () => {
      await platform.advance(5);
      expect((await controller.status(requestKey)).state).toBe("settled");
    });
    const { result } = await controller.status(requestKey);
    expect(result).toMatchObject({ kind: "failed", failure: { code: "no_backend_can_satisfy" } });
    expect((result?.endedAtMs ?? 0) - grantOf().validFrom * 1000).toBeLessThan(200_000);
  });
});

