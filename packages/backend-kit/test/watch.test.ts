import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { encodeTags, type InstanceRef } from "@bridge/core/backend";
import { formatExitLine, type RawMachine } from "../src/index.ts";
import { PlatformFailure } from "./fixtures/fake-platform.ts";
import { bench, type Bench, placement, requestKey } from "./fixtures/setting.ts";

const ref: InstanceRef = { backend: "fake", scope: "scope-a", requestKey, attempt: 1, placement, intentAtMs: 0, instanceId: "m-1" };
const tags = encodeTags({ owner: "owner-1", ledgerId: "ledger-1", backend: "fake", requestKey, attempt: 1, deadlineMs: 0 });
const exitMac = randomBytes(32);
const inAnHour = Math.floor(Date.now() / 1000) + 3600;
const anHourAgo = inAnHour - 7200;

function withMachine(change: Partial<RawMachine> = {}, options: Parameters<typeof bench>[0] = {}): Bench {
  const made = bench(options);
  made.platform.put({ id: "m-1", region: "here", state: "running", tags, createdAtMs: 0, ...change });
  return made;
}

test.concurrent("where the platform knows how it ended, that is the answer", async () => {
  const { backend, platform } = withMachine();
  const watching = backend.watchUntilExit(ref, inAnHour);
  await sleep(120);
  platform.change("m-1", { state: "ended", endedAtMs: 90_000, exit: { reason: "exited", code: 3, source: "measured" }, usage: { cpuCoreSeconds: { value: 5, source: "measured" } } });
  expect(await watching).toEqual({
    exit: { reason: "exited", code: 3, source: "measured" }, wallSeconds: { value: 90, source: "measured" }, cpuCoreSeconds: { value: 5, source: "measured" },
    ramMibSeconds: { source: "unknown" }, networkRxBytes: { source: "unknown" }, networkTxBytes: { source: "unknown" },
  });
  expect(platform.consoleReads).toBe(0);
});

test.concurrent("without readings, CPU and memory are allocated by size and time, and the network is unknown, never allocated", async () => {
  const { backend } = withMachine({ state: "ended", endedAtMs: 10_000, cpuMillicores: 1500, ramMib: 100, usage: { networkRxBytes: { value: 9, source: "allocated" } } });
  expect(await backend.watchUntilExit(ref, inAnHour)).toMatchObject({
    wallSeconds: { value: 10, source: "measured" }, cpuCoreSeconds: { value: 15, source: "allocated" }, ramMibSeconds: { value: 1000, source: "allocated" },
    networkRxBytes: { source: "unknown" },
  });
});

const lineOf = (code: number | undefined, mac = exitMac, attempt = 1) => formatExitLine(code === undefined ? {} : { code }, { requestKey, attempt }, mac);
test.concurrent.for([
  ["the right line", lineOf(7), { code: 7, source: "reported" }],
  ["the last of two right lines", `${lineOf(1)}\r\nnoise ${lineOf(2)}`, { code: 2, source: "reported" }],
  ["a line by another key", lineOf(0, randomBytes(32)), {}],
  ["a line of another attempt", lineOf(0, exitMac, 2), {}],
  ["a line whose code was changed", lineOf(7).replace(" 7 ", " 0 "), {}],
  ["a line that does not know the code", lineOf(undefined), {}],
  ["no line", "login:", {}],
] as const)("the console with %s gives exactly what can be believed", async ([, text, exit]) => {
  const { backend, platform } = withMachine({ state: "ended" });
  platform.consoleText = text;
  expect((await backend.watchUntilExit(ref, inAnHour, { exitMac })).exit).toEqual({ reason: "exited", ...exit });
  expect(platform.consoleReads).toBe(1);
});

test.concurrent("without the key of the exit line, the console is not believed", async () => {
  const { backend, platform } = withMachine({ state: "ended" });
  platform.consoleText = lineOf(7);
  expect((await backend.watchUntilExit(ref, inAnHour)).exit).toEqual({ reason: "exited" });
});

test.concurrent("a moment long before the machine was asked for asks how it is now: what has ended by itself has not met its deadline", async () => {
  const { backend } = withMachine({ state: "ended", createdAtMs: Date.now() - 120_000, endedAtMs: Date.now() - 60_000 });
  expect((await backend.watchUntilExit({ ...ref, intentAtMs: Date.now() - 180_000 }, 0)).exit).toEqual({ reason: "exited" });
});

test.concurrent("a machine on its way out is read once; without a line, how it ended is known when it has", async () => {
  const { backend, platform } = withMachine({ state: "ending" });
  const watching = backend.watchUntilExit(ref, inAnHour, { exitMac });
  while (platform.consoleReads === 0) await sleep(20);
  await sleep(100);
  expect(platform.consoleReads).toBe(1);
  platform.remove("m-1");
  expect((await watching).exit).toEqual({ reason: "exited" });
  expect(platform.consoleReads).toBe(1);
});

test.concurrent("a console that cannot be read leaves the code unknown and says so in the log", async () => {
  const { backend, platform, logged } = withMachine({ state: "ended" });
  platform.onConsole = async () => {
    throw new PlatformFailure("no console", { code: "unavailable" });
  };
  expect((await backend.watchUntilExit(ref, inAnHour, { exitMac })).exit).toEqual({ reason: "exited" });
  expect(logged.join()).toMatch(/console could not be read/);
});

test.concurrent("a running machine reaches its deadline, by the clock and not by the list", async () => {
  const validTo = Math.ceil(Date.now() / 1000) + 1;
  const { backend } = withMachine({}, { pollSeconds: 30 });
  const { exit } = await backend.watchUntilExit(ref, validTo);
  expect(exit).toEqual({ reason: "deadline" });
  expect(Date.now() - validTo * 1000).toBeGreaterThanOrEqual(0);
  expect(Date.now() - validTo * 1000).toBeLessThan(5000);
});

test.concurrent("a clock that is set forward is noticed at the next list", async () => {
  let shiftMs = 0;
  const { backend } = withMachine({}, { now: () => Date.now() + shiftMs });
  const watching = backend.watchUntilExit(ref, inAnHour);
  await sleep(120);
  shiftMs = 2 * 3_600_000;
  expect((await watching).exit).toEqual({ reason: "deadline" });
});

test.concurrent("past the deadline: gone is deadline; an earlier exit that the platform still knows goes first", async () => {
  const { backend, platform } = bench();
  platform.onList = async (things) => {
    await sleep(30);
    return things;
  };
  expect((await backend.watchUntilExit(ref, anHourAgo)).exit).toEqual({ reason: "deadline" });
  platform.put({ id: "m-1", region: "here", state: "ended", tags, exit: { reason: "exited", code: 4 } });
  expect((await backend.watchUntilExit(ref, anHourAgo)).exit).toEqual({ reason: "exited", code: 4 });
  platform.change("m-1", { exit: { reason: "terminated" } });
  expect((await backend.watchUntilExit(ref, anHourAgo)).exit).toEqual({ reason: "terminated" });
});

test.concurrent("past the deadline, a machine that ended by it is deadline, one that ended before it is exited", async () => {
  const { backend } = withMachine({ state: "ended", endedAtMs: anHourAgo * 1000 + 5_000 });
  expect((await backend.watchUntilExit(ref, anHourAgo)).exit).toEqual({ reason: "deadline" });
  const before = withMachine({ state: "ended", endedAtMs: anHourAgo * 1000 - 5_000 });
  expect((await before.backend.watchUntilExit(ref, anHourAgo)).exit).toEqual({ reason: "exited" });
});

test.concurrent("past the deadline, a list that fails does not hold the answer back", async () => {
  const { backend, platform } = bench();
  platform.onList = async () => {
    await sleep(30);
    throw new PlatformFailure("down", { code: "unavailable" });
  };
  expect(await backend.watchUntilExit(ref, anHourAgo)).toMatchObject({ exit: { reason: "deadline" }, wallSeconds: { source: "unknown" } });
});

test.concurrent("a machine that vanishes is lost only after lists over settleSeconds, with its last usage", async () => {
  const { backend, platform } = withMachine({ createdAtMs: Date.now() - 5_000, usage: { cpuCoreSeconds: { value: 2, source: "measured" } } }, { facts: { settleSeconds: 0.3 } });
  const watching = backend.watchUntilExit(ref, inAnHour);
  await sleep(150);
  platform.remove("m-1");
  const gone = performance.now();
  const usage = await watching;
  expect(performance.now() - gone).toBeGreaterThanOrEqual(300);
  expect(usage).toMatchObject({ exit: { reason: "lost" }, cpuCoreSeconds: { value: 2 }, wallSeconds: { source: "measured" } });
  expect(usage.wallSeconds).toHaveProperty("value", expect.toSatisfy((seconds: number) => seconds >= 5 && seconds < 8));
});

test.concurrent("a stale list without the machine is not lost; neither is a list that fails", async () => {
  const { backend, platform } = withMachine({}, { facts: { settleSeconds: 0.4 } });
  let lists = 0;
  platform.onList = async (things) => {
    lists += 1;
    if (lists === 2 || lists === 3 || lists === 30) return [];
    if (lists === 5) throw new PlatformFailure("down", { code: "unavailable" });
    return things;
  };
  const caller = new AbortController();
  const watching = expect(backend.watchUntilExit(ref, inAnHour, { signal: caller.signal })).rejects.toMatchObject({ code: "aborted" });
  while (lists < 33) await sleep(20);
  caller.abort();
  await watching;
});

test.concurrent("readings on the way reach onUsage, each complete; an onUsage that throws ends its watch alone", async () => {
  const { backend, platform } = withMachine({ createdAtMs: Date.now() });
  const readings: unknown[] = [];
  const watching = backend.watchUntilExit(ref, inAnHour, { onUsage: (usage) => readings.push(usage) });
  const failing = backend.watchUntilExit(ref, inAnHour, {
    onUsage: () => {
      throw new Error("the caller's own");
    },
  });
  await expect(failing).rejects.toMatchObject({ code: "internal", message: "the caller's own" });
  while (readings.length < 2) await sleep(20);
  platform.change("m-1", { state: "ended" });
  await watching;
  expect(readings[0]).toEqual(expect.objectContaining({ wallSeconds: expect.objectContaining({ source: "measured" }) }));
});

test.concurrent("another machine of the attempt is not taken for the ref's own", async () => {
  const { backend } = withMachine({ id: "m-2" });
  expect((await backend.watchUntilExit(ref, inAnHour)).exit).toEqual({ reason: "lost" });
});

test.concurrent("a ref of a scope that the backend does not hold is refused", async () => {
  const { backend } = withMachine();
  await expect(backend.watchUntilExit({ ...ref, scope: "scope-z" }, inAnHour)).rejects.toMatchObject({ code: "wrong_scope", operation: "watchUntilExit" });
});

test.concurrent("several callers watch the same instance", async () => {
  const { backend, platform } = withMachine();
  const watching = Promise.all([1, 2, 3].map(() => backend.watchUntilExit(ref, inAnHour)));
  await sleep(100);
  platform.change("m-1", { state: "ended" });
  expect((await watching).map(({ exit }) => exit.reason)).toEqual(["exited", "exited", "exited"]);
});
