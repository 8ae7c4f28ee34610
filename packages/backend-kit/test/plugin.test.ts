import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { BridgeError } from "@bridge/core/backend";
import { defineMachineBackend } from "../src/index.ts";
import { FakePlatform, PlatformFailure } from "./fixtures/fake-platform.ts";
import { bench, fastFacts, grant } from "./fixtures/setting.ts";

test("before the platform has said what it offers, nothing can be satisfied", async () => {
  const { backend } = bench();
  expect(backend.canSatisfy(grant())).toBe(false);
  expect(backend.explain?.(grant())).toEqual([expect.objectContaining({ reason: "unavailable" })]);
  await backend.capabilities();
  expect(backend.canSatisfy(grant())).toBe(true);
  expect(backend.explain?.(grant())).toEqual([]);
});

test("canSatisfy judges by the last capabilities and by what the author refuses", async () => {
  const platform = new FakePlatform();
  const refusing = Object.assign(platform, { refusals: ({ imageDigest }: { imageDigest?: string }) => (imageDigest === undefined ? [] : [{ reason: "image" as const, message: "runs no images" }]) });
  const { backend } = bench({ platform: refusing });
  await backend.capabilities();
  expect(backend.explain?.(grant({ manifest: { ...grant().manifest, ramMib: 100_000 } }))).toMatchObject([{ reason: "ram" }]);
  expect(backend.explain?.(grant({ imageDigest: "sha256:x" }))).toMatchObject([{ reason: "image" }]);
});

test("an error of the platform is what mapError says, with its cause; unknown ones are internal", async () => {
  const { backend, platform } = bench();
  const failure = new PlatformFailure("who are you", { code: "unauthorized", outcome: "none" });
  platform.capabilities = async () => {
    throw failure;
  };
  const known = await backend.capabilities().catch((error: unknown) => error);
  expect(known).toMatchObject({ code: "unauthorized", message: "who are you", backend: "fake", operation: "capabilities", cause: failure, retryable: false });
  expect(known).not.toHaveProperty("outcome");
  platform.capabilities = async () => {
    throw new TypeError("x is undefined");
  };
  await expect(backend.capabilities()).rejects.toMatchObject({ code: "internal", backend: "fake", operation: "capabilities", cause: expect.any(TypeError) });
  platform.capabilities = async () => {
    throw new BridgeError("quota_exceeded", "none left");
  };
  await expect(backend.capabilities()).rejects.toMatchObject({ code: "quota_exceeded", backend: "fake", operation: "capabilities" });
});

test("a mapError that itself fails hides neither error", async () => {
  const { backend, platform } = bench();
  platform.mapError = () => {
    throw new Error("table is broken");
  };
  platform.placements = async () => {
    throw new Error("sold out");
  };
  await expect(backend.placements?.(grant())).rejects.toMatchObject({ code: "internal", message: expect.stringMatching(/sold out.*table is broken/), cause: expect.any(AggregateError) });
});

test("a broken declaration is refused with all its problems", () => {
  expect(() => defineMachineBackend({ name: "Wrong Name", optionsSchema: { "~standard": { version: 1, vendor: "x", validate: (value: unknown) => ({ value }) } }, facts: { ...fastFacts, settleSeconds: -1 }, isolation: "vm", connect: () => new FakePlatform() }))
    .toThrow(expect.objectContaining({ code: "contract_mismatch", problems: [expect.objectContaining({ path: "name" }), expect.objectContaining({ path: "facts.settleSeconds" })] }));
});

test("creating a backend calls nothing of the platform", () => {
  const platform = new FakePlatform();
  bench({ platform });
  expect(platform.lists).toEqual([]);
});

test("importing the kit loads no SSH code", () => {
  const kit = fileURLToPath(new URL("../src/index.ts", import.meta.url));
  const script = `await import(${JSON.stringify(kit)}); const { createRequire } = await import("node:module");
    console.log(Object.keys(createRequire(import.meta.url).cache).filter((path) => /ssh2|cpu-features/.test(path)).length, process.getActiveResourcesInfo().length)`;
  expect(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }).trim()).toMatch(/^0 [0-9]$/);
});

test("a process whose backend has nothing to wait for any more ends by itself, without close", () => {
  const module = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));
  const script = `const { defineMachineBackend } = await import(${module("../src/index.ts")});
    const schema = { "~standard": { version: 1, vendor: "x", validate: (value) => ({ value }) } };
    const facts = { idempotency: "name", settleSeconds: 0.1, createTimeoutSeconds: 0.1, readyTimeoutSeconds: 1, exitCode: "never", deadline: "guest" };
    const connect = () => ({ scopes: async () => ["s"], list: async () => [], mapError: () => undefined });
    const almanac = { tickToMs: (tick) => tick * 1000, msToTick: (ms) => ms / 1000 };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const services = { name: "x", owner: "o", ledgerId: "l", log, now: Date.now, almanac };
    const backend = defineMachineBackend({ name: "x", optionsSchema: schema, facts, isolation: "vm", pollSeconds: 0.05, connect }).create({}, services);
    const ref = { backend: "x", scope: "s", requestKey: "a", attempt: 1, intentAtMs: 0 };
    console.log((await backend.watchUntilExit(ref, 9e9)).exit.reason);
    await backend.terminate(ref);`;
  expect(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", timeout: 10_000 }).trim()).toBe("lost");
});
