import { expect, test } from "vitest";
import { Deadlines } from "../src/deadlines.ts";
import { clockOf, stillPlatform, startMs } from "./fixtures/setting.ts";
import { soon } from "./fixtures/soon.ts";

test("two hundred thousand deadlines are kept with one wait; the first comes first, and the rest after it", async () => {
  const platform = stillPlatform();
  const deadlines = new Deadlines(clockOf(platform));
  const called: number[] = [];
  for (let i = 0; i < 200_000; i++) deadlines.at(startMs + 10_000 + i * 1000, () => called.push(i));
  await platform.advance(10);
  await soon(() => expect(called).toEqual([0]));
  await platform.advance(1);
  await soon(() => expect(called).toEqual([0, 1]));
  deadlines.stop();
});
