import { afterEach, expect, it, vi } from "vitest";
import { TokenBucket } from "../src/pace.ts";
import { envelope, fleetOnEc2, grantOf } from "./fixtures/fleet.ts";

afterEach(() => void vi.useRealTimers());

/** A bucket in a time that stands still, and who has been served. */
function stillBucket(size: number, refillPerSecond: number) {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const bucket = new TokenBucket(size, refillPerSecond);
  const served: string[] = [];
  const take = (name: string, signal?: AbortSignal) => bucket.take(signal === undefined ? {} : { signal }).then(() => void served.push(name), () => void served.push(`${name} left`));
  return { served, take, after: (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds) };
}

it("a bucket lets through what it holds at once, and the rest in order, at its rate", async () => {
  const { served, take, after } = stillBucket(2, 20);
  for (const name of ["a", "b", "c", "d"]) void take(name);
  await after(49);
  expect(served).toEqual(["a", "b"]);
  await after(1);
  expect(served).toEqual(["a", "b", "c"]);
  await after(50);
  expect(served).toEqual(["a", "b", "c", "d"]);
});

it("who leaves the queue takes nobody's turn", async () => {
  const { served, take, after } = stillBucket(1, 10);
  const leaving = new AbortController();
  for (const name of ["a", "b", "c"]) void take(name, name === "b" ? leaving.signal : undefined);
  leaving.abort();
  await after(100);
  expect(served).toEqual(["a", "b left", "c"]);
});

it("more provisions than EC2 takes at once: none is throttled, and the wait is none of the create's time", async () => {
  const { fleet, control } = await fleetOnEc2({ server: { settings: { throttling: true } } });
  // The last one waits for four seconds, twice the time of a create.
  const instances = await Promise.all(Array.from({ length: 12 }, () => fleet.provisionForGrant(grantOf(), envelope)));
  expect(instances.map(({ attempt }) => attempt)).toEqual(instances.map(() => 1));
  await Promise.all(instances.map((instance) => fleet.terminate(instance)));
  const calls = await control.calls();
  expect(calls.filter(({ code }) => code !== undefined)).toEqual([]);
  expect(calls.filter(({ action }) => action === "DescribeImages")).toHaveLength(1);
}, 60_000);
