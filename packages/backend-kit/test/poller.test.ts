import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { BridgeError, encodeTags, type InstanceRef, type Log } from "@bridge/core/backend";
import { type PollResult, ScopePoller } from "../src/index.ts";
import { Deadlines } from "../src/poller/deadlines.ts";
import { FakePlatform } from "./fixtures/fake-platform.ts";
import { bench, placement, requestKey } from "./fixtures/setting.ts";

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const inAnHour = Math.floor(Date.now() / 1000) + 3600;

/** A poller and the moments at which its lists started. */
function poller(list: () => Promise<[]> = async () => [], intervalMs = 100) {
  const startedAt: number[] = [];
  const made = new ScopePoller({
    owner: "owner-1", intervalMs, log: silent,
    list: async () => {
      startedAt.push(performance.now());
      return list();
    },
  });
  return { poller: made, startedAt };
}

test("2,000 watchers cost one list per interval, and none once nobody waits", async () => {
  const { backend, platform } = bench({ pollSeconds: 0.2 });
  const timers = vi.spyOn(globalThis, "setTimeout");
  const refs = Array.from({ length: 2_000 }, (_, index): InstanceRef => ({ backend: "fake", scope: "scope-a", requestKey: `${index}`.padStart(26, "a"), attempt: 1, placement, intentAtMs: 0 }));
  for (const ref of refs) {
    platform.put({ id: ref.requestKey, region: "here", state: "running", tags: encodeTags({ owner: "owner-1", ledgerId: "l", backend: "fake", requestKey: ref.requestKey, attempt: 1, deadlineMs: 1 }) });
  }
  let readings = 0;
  const watching = refs.map((ref) => backend.watchUntilExit(ref, inAnHour, { onUsage: () => {
    readings += 1;
  } }));
  await sleep(1_100);
  const lists = platform.lists.length;
  expect(lists).toBeGreaterThanOrEqual(4);
  expect(lists).toBeLessThanOrEqual(7);
  expect(readings).toBe(lists * 2_000);
  expect(platform.mostListsAtOnce).toBe(1);
  // For each list its own and the one that bounds it; few for all deadlines together.
  expect(timers.mock.calls.length).toBeLessThanOrEqual(2 * lists + 10);
  for (const ref of refs) platform.change(ref.requestKey, { state: "ended" });
  await Promise.all(watching);
  const after = platform.lists.length;
  await sleep(500);
  expect(platform.lists.length).toBe(after);
  timers.mockRestore();
});

test("lists of one scope never overlap, however many ask at once and however slow they are", async () => {
  let running = 0;
  let most = 0;
  const { poller: slow, startedAt } = poller(async () => {
    running += 1;
    most = Math.max(most, running);
    await sleep(120);
    running -= 1;
    return [];
  }, 20);
  const asked = Array.from({ length: 30 }, async (_, index) => {
    await sleep(index * 10);
    const askedAt = performance.now();
    const { snapshot } = await slow.next({ atOnce: true });
    // A list that was already on its way says nothing about now.
    expect(snapshot?.startedMs).toBeGreaterThanOrEqual(askedAt - 1);
  });
  await Promise.all(asked);
  expect(most).toBe(1);
  expect(startedAt.length).toBeLessThanOrEqual(5);
});

test("who asks one after the other without hurry gets one list per interval", async () => {
  const { poller: paced, startedAt } = poller();
  for (let round = 0; round < 4; round++) await paced.next();
  const gaps = startedAt.slice(1).map((at, index) => at - (startedAt[index] ?? 0));
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(95);
});

test("after failures the interval grows; the first success sets it back", async () => {
  let failures = 3;
  const { poller: failing, startedAt } = poller(async () => {
    if (failures-- > 0) throw new BridgeError("unavailable", "down");
    return [];
  }, 50);
  const heard: (string | undefined)[] = [];
  const listen = ({ error }: PollResult) => void heard.push(error?.code);
  failing.subscribe(listen);
  await sleep(1_400);
  failing.unsubscribe(listen);
  expect(heard.slice(0, 4)).toEqual(["unavailable", "unavailable", "unavailable", undefined]);
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = startedAt;
  expect(second - first).toBeGreaterThanOrEqual(95);
  expect(third - second).toBeGreaterThanOrEqual(195);
  expect(fourth - third).toBeGreaterThanOrEqual(395);
  expect(fifth - fourth).toBeLessThan(350);
});

test("what the platform asks for is waited for, also by who is in a hurry", async () => {
  let failures = 1;
  const { poller: limited, startedAt } = poller(async () => {
    if (failures-- > 0) throw new BridgeError("rate_limited", "slow down", { retryAfterSeconds: 0.5 });
    return [];
  }, 20);
  await limited.next({ atOnce: true });
  await limited.next({ atOnce: true });
  expect((startedAt[1] ?? 0) - (startedAt[0] ?? 0)).toBeGreaterThanOrEqual(495);
});

test("the interval that the platform's client names, from an option, counts before the definition's", async () => {
  const platform = Object.assign(new FakePlatform(), { pollSeconds: 0.02 });
  const { backend } = bench({ pollSeconds: 3_600, platform });
  platform.put({ id: "m-1", region: "here", state: "running", tags: encodeTags({ owner: "owner-1", ledgerId: "l", backend: "fake", requestKey, attempt: 1, deadlineMs: 1 }) });
  let seen = 0;
  await backend.watchUntilExit({ backend: "fake", scope: "scope-a", requestKey, attempt: 1, placement, intentAtMs: 0 }, inAnHour, { onUsage: () => {
    if ((seen += 1) === 3) platform.change("m-1", { state: "ended" });
  } });
  expect(seen).toBe(3);
});

test("a list that nobody waits for any more is called off", async () => {
  let calledOff = false;
  const alone = new ScopePoller({
    owner: "owner-1", intervalMs: 50, log: silent,
    list: (signal) => new Promise(() => signal.addEventListener("abort", () => {
      calledOff = true;
    })),
  });
  const caller = new AbortController();
  const waiting = expect(alone.next({ signal: caller.signal })).rejects.toMatchObject({ code: "aborted" });
  await sleep(30);
  caller.abort();
  await waiting;
  await sleep(0);
  expect(calledOff).toBe(true);
});

test("a listener that fails does not keep the others from hearing", async () => {
  const { poller: shared } = poller();
  shared.subscribe(() => {
    throw new Error("mine");
  });
  expect(await shared.next()).toMatchObject({ snapshot: { things: [] } });
  shared.close();
});

test("deadlines are called in their time by one timer, whatever the order in which they came; forgotten ones are not", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const deadlines = new Deadlines(Date.now);
  const called: number[] = [];
  const now = Date.now();
  const waiting = [150, 50, 250, 100].map((afterMs) => ({ deadlineMs: now + afterMs, reachDeadline: () => void called.push(afterMs) }));
  for (const deadline of waiting) deadlines.add(deadline);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(99);
  expect(called).toEqual([50]);
  vi.advanceTimersByTime(1);
  expect(called).toEqual([50, 100]);
  for (const deadline of waiting.slice(2, 3)) deadlines.delete(deadline);
  vi.advanceTimersByTime(1_000);
  expect(called).toEqual([50, 100, 150]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a deadline months away neither fires nor keeps the process busy", async () => {
  let reads = 0;
  const deadlines = new Deadlines(() => {
    reads += 1;
    return Date.now();
  });
  let called = false;
  const months = {
    deadlineMs: Date.now() + 100 * 86_400_000,
    reachDeadline: () => {
      called = true;
    },
  };
  deadlines.add(months);
  await sleep(50);
  expect(called).toBe(false);
  expect(reads).toBe(1);
  deadlines.delete(months);
});
