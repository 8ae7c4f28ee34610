import { expect, test } from "vitest";
import { ClockTrust } from "../src/clock-trust.ts";
import type { Clock } from "../src/clock.ts";

/** A computer whose clock anybody may set. */
function computer(): { clock: Clock; passMs: (ms: number) => void; setAheadMs: (ms: number) => void } {
  let [passedMs, aheadMs] = [0, 0];
  return {
    clock: { now: () => 1_800_000_000_000 + passedMs + aheadMs, monotonic: () => passedMs, wait: async () => {} },
    passMs: (ms) => { passedMs += ms; },
    setAheadMs: (ms) => { aheadMs = ms; },
  };
}

test("nothing is enforced in a scope before its platform was heard", () => {
  const trust = new ClockTrust(computer().clock);
  expect(trust.isFrozen("a")).toBe(true);
  trust.note(new Map([["a", 0]]), trust.offsetMs);
  expect(trust.isFrozen("a")).toBe(false);
  expect(trust.isFrozen("b")).toBe(true);
});

test("a minute of difference is borne, more is not", () => {
  const trust = new ClockTrust(computer().clock);
  trust.note(new Map([["a", 60_000], ["b", -60_001]]), trust.offsetMs);
  expect(trust.isFrozen("a")).toBe(false);
  expect(trust.skewOf("b")).toBe(-60_001);
});

test("a clock that is set is measured by what the platform said before", () => {
  const { clock, passMs, setAheadMs } = computer();
  const trust = new ClockTrust(clock);
  trust.note(new Map([["a", 0]]), trust.offsetMs);
  setAheadMs(7_200_000);
  expect(trust.skewOf("a")).toBe(-7_200_000);
  passMs(3_600_000);
  setAheadMs(0);
  expect(trust.isFrozen("a")).toBe(false);
});

test("an answer to a question from before the clock was set says nothing", () => {
  const { clock, setAheadMs } = computer();
  const trust = new ClockTrust(clock);
  const { offsetMs } = trust;
  setAheadMs(7_200_000);
  trust.note(new Map([["a", 0]]), offsetMs);
  expect(trust.isFrozen("a")).toBe(true);
});
