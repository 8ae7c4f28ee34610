import { expect, test } from "vitest";
import { readHistory, runMany } from "../crash/simulate/many-histories.ts";
import { plantNames } from "../crash/simulate/plants.ts";

const all = process.env["BRIDGE_TEST_ALL"] !== undefined;

test("histories with crashes and a platform that lies break no promise", { timeout: 300_000 }, async () => {
  const { histories, found } = await runMany({ firstSeed: 1, histories: all ? 5000 : 250 });
  expect(found).toEqual([]);
  expect(histories).toBeGreaterThanOrEqual(250);
});

test("a history is the same each time it is lived", { timeout: 60_000 }, async () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const [first, second] = [await readHistory(seed), await readHistory(seed)];
    expect(first.lines.length).toBeGreaterThan(5);
    expect(second).toEqual(first);
  }
});

test.for(plantNames)("a planted bug is found: %s", { timeout: 120_000 }, async (plant) => {
  const { histories, found: [first] } = await runMany({ firstSeed: 1, histories: 1000, plant, enough: 1 });
  expect(first, `in ${histories} histories`).toBeDefined();
  const again = await readHistory(first?.seed ?? 0, plant);
  expect(again.violations).toEqual(first?.violations);
});
