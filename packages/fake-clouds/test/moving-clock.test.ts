import { expect, onTestFinished, test } from "vitest";
import { MovingClock } from "../src/index.ts";

function openClock() {
  const clock = new MovingClock();
  onTestFinished(() => clock.stop());
  return clock;
}

test("what a jump passes over happens in order, each at its moment, with what follows from it", () => {
  const clock = openClock();
  const startMs = clock.now();
  const seen: [string, number][] = [];
  const see = (name: string) => () => void seen.push([name, Math.round((clock.now() - startMs) / 1000)]);
  clock.after(30, see("third"));
  clock.after(10, () => {
    see("first")();
    clock.after(10, see("second"));
  });
  clock.after(50, see("never"));
  clock.after(5, see("taken back"))();
  clock.advance(40);
  expect(seen).toEqual([["first", 10], ["second", 20], ["third", 30]]);
  expect(Math.round((clock.now() - startMs) / 1000)).toBe(40);
});

test("without a jump things happen when their time comes", async () => {
  const clock = openClock();
  const before = clock.now();
  await clock.wait(0.05);
  expect(clock.now() - before).toBeGreaterThanOrEqual(49);
});
