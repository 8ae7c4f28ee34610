import { getEventListeners } from "node:events";
import { memory } from "@bridge/core/memory";
import { describe, expect, test } from "vitest";
import { openLedger } from "../src/index.ts";
import { caught } from "./fixtures/caught.ts";
import { testFolder } from "./fixtures/folder.ts";
import { controllerOn, envelope, grantOf, keptEvents, masterSecret, startedOn, stillPlatform } from "./fixtures/setting.ts";
import { hangs, instanceFor, scripted } from "./fixtures/scripted-backend.ts";
import { smallDisk } from "./fixtures/small-disk.ts";
import { soon } from "./fixtures/soon.ts";

describe("stopping", () => {
  test("leaves what is said to it afterwards unwritten, with an error, and the process alive", async () => {
    const platform = stillPlatform();
    const controller = await startedOn(platform);
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    await controller.stop();
    expect(await caught(() => controller.cancel(requestKey))).toMatchObject({ code: "unavailable", outcome: "none" });
    expect(await caught(() => controller.adoptLedger("another"))).toMatchObject({ code: "unavailable", outcome: "none" });
  });

  test("does not wait for a backend that answers after its bound, and outlives that answer", async () => {
    const platform = stillPlatform();
    using folder = testFolder();
    const answer = Promise.withResolvers<void>();
    let heard: Promise<unknown> | undefined;
    const controller = await startedOn(platform, { ledger: { file: folder.ledger }, settings: { stopSeconds: 1 }, backends: [scripted("a", {
      provision: async (grant, _envelope, context) => {
        context.mayCreate();
        await answer.promise;
        const instance = instanceFor("a", grant, context);
        await (heard = context.onCreated(instance));
        return instance;
      },
    })] });
    await controller.submitTrusted(grantOf(), envelope);
    await platform.advance(1);
    const stopped = controller.stop();
    await platform.advance(30);
    await stopped;
    answer.resolve();
    await soon(() => expect(heard).toBeDefined());
    // An error that nobody catches would end this process.
    expect(await caught(() => heard ?? Promise.resolve())).toMatchObject({ code: expect.any(String) });
  });

  test("leaves machines alive, and the next start goes on where it was", async () => {
    const platform = stillPlatform();
    using folder = testFolder();
    const first = await startedOn(platform, { ledger: { file: folder.ledger } });
    const { requestKey } = await first.submitTrusted(grantOf(), envelope);
    await first.waitFor(requestKey, "running");
    await platform.advance(100);
    await first.stop();
    expect(platform.machines()).toHaveLength(1);
    await platform.advance(100);
    await using second = await startedOn(platform, { ledger: { file: folder.ledger, create: "never" } });
    expect(await second.status(requestKey)).toMatchObject({ state: "running" });
    platform.exit(requestKey, 0);
    expect((await second.waitFor(requestKey, "settled")).result).toMatchObject({ usage: { wallSeconds: { value: 200 } } });
    expect(platform.books(requestKey, 1)).toEqual({ createRequests: 1, machines: 1, starts: 1 });
  });

  test("lets a create in flight finish, and the next start adopts its machine", async () => {
    const platform = stillPlatform();
    platform.inject({ call: "create", takesSeconds: 3 });
    using folder = testFolder();
    const first = await startedOn(platform, { ledger: { file: folder.ledger } });
    const { requestKey } = await first.submitTrusted(grantOf(), envelope);
    await soon(() => expect(platform.calls.map(({ call }) => call)).toContain("create"));
    const stopped = first.stop();
    await platform.advance(3);
    await stopped;
    expect(platform.machines()).toHaveLength(1);
    await using second = await startedOn(platform, { ledger: { file: folder.ledger } });
    await second.waitFor(requestKey, "running");
    expect(platform.books(requestKey, 1)).toEqual({ createRequests: 1, machines: 1, starts: 1 });
  });

  test.each(["provision", "watchUntilExit", "terminate", "list", "close"] as const)("takes no longer than its bound with a backend whose %s hangs", async (member) => {
    const platform = stillPlatform();
    const calls: string[] = [];
    using folder = testFolder();
    const controller = await startedOn(platform, { ledger: { file: folder.ledger }, backends: [scripted("a", { [member]: hangs }, calls)] });
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    if (member === "terminate") {
      await controller.waitFor(requestKey, "running");
      await controller.cancel(requestKey);
    }
    if (member !== "close") await soon(() => expect(calls).toContain(member));
    const begunMs = platform.now();
    let isStopped = false;
    const stopped = controller.stop().then(() => { isStopped = true; });
    await soon(async () => {
      await platform.advance(1);
      expect(isStopped).toBe(true);
    });
    await stopped;
    expect(platform.now() - begunMs).toBeLessThanOrEqual(15_000);
    // The ledger is free.
    await (await openLedger({ file: folder.ledger, owner: "owner", masterSecret })).close();
  });

  test("ends waits and readers of events", async () => {
    const platform = stillPlatform();
    const controller = await startedOn(platform);
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    const waiting = caught(() => controller.waitFor(requestKey, "settled"));
    const next = controller.events().next();
    await controller.stop();
    expect(await waiting).toMatchObject({ code: "aborted" });
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await controller.events().next()).toEqual({ done: true, value: undefined });
  });

  test("does not throw when the disk is full", async ({ skip }) => {
    using disk = smallDisk();
    if (disk === undefined) return skip("needs permission to mount");
    const platform = stillPlatform();
    const file = `${disk.path}/ledger`;
    const controller = await startedOn(platform, { ledger: { file } });
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    disk.fill();
    await controller.stop();
    disk.free();
    await using second = await startedOn(platform, { ledger: { file, create: "never" } });
    expect(await second.status(requestKey)).toMatchObject({ state: "running" });
  });

  test("follows the signal given to start", async () => {
    const controller = await controllerOn(stillPlatform());
    const events = keptEvents(controller);
    const stop = new AbortController();
    await controller.start({ signal: stop.signal });
    await controller.submitTrusted(grantOf(), envelope);
    stop.abort();
    await controller.stop();
    expect(await caught(() => controller.submitTrusted(grantOf(), envelope))).toMatchObject({ code: "unavailable" });
    expect(events.length).toBeGreaterThan(0);
  });

  test("leaves nothing on the signal given to start", async () => {
    const controller = await controllerOn(stillPlatform());
    const { signal } = new AbortController();
    await controller.start({ signal });
    await controller.stop();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("follows a signal that has fired before", async () => {
    const controller = await controllerOn(stillPlatform());
    await controller.start({ signal: AbortSignal.abort() });
    expect(await caught(() => controller.submitTrusted(grantOf(), envelope))).toMatchObject({ code: "unavailable" });
    await controller.stop();
  });

  test("leaves a ledger open that somebody else opened", async () => {
    const platform = stillPlatform();
    const ledger = await openLedger({ file: ":memory:", owner: "owner", masterSecret });
    const { requestKey } = await (async () => {
      await using controller = await startedOn(platform, { ledger });
      const status = await controller.submitTrusted(grantOf(), envelope);
      await controller.waitFor(status.requestKey, "running");
      return status;
    })();
    expect(await ledger.grant(requestKey)).toMatchObject({ state: "running" });
    await using second = await startedOn(platform, { ledger, backends: [memory({}, { platform })] });
    expect(await second.status(requestKey)).toMatchObject({ state: "running" });
  });
});
