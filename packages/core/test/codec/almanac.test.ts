import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAlmanac } from "../../src/index.ts";

describe("an almanac", () => {
  it("counts seconds since the Unix epoch unless told otherwise", () => {
    const almanac = createAlmanac();
    expect([almanac.tickToMs(5), almanac.msToTick(5999), almanac.msToTick(6000), almanac.msToTick(-1)]).toEqual([5000, 5, 6, 0]);
  });

  it("finds a tick again from any moment within it", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat(), fc.nat({ max: 1e9 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (tickMs, epochMs, tick, part) => {
      const almanac = createAlmanac({ tickMs, epochMs });
      expect(almanac.msToTick(almanac.tickToMs(tick))).toBe(tick);
      expect(almanac.msToTick(Math.floor(almanac.tickToMs(tick) + part * tickMs))).toBe(tick);
    }));
  });
});
