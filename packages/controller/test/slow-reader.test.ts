import { expect, test } from "vitest";
import { type ControllerEvent, Events } from "../src/events.ts";

test("a reader that does not read keeps ten thousand events, and is told how many it missed before the oldest that is left", async () => {
  const events = new Events();
  const [slow, quick] = [events.read(), events.read()];
  const seen: ControllerEvent[] = [];
  for (let i = 0; i < 12_345; i++) {
    events.emit({ type: "accepted", requestKey: String(i) });
    const { value } = await quick.next();
    if (value !== undefined) seen.push(value);
  }
  events.end();
  const kept: ControllerEvent[] = [];
  for await (const event of slow) kept.push(event);
  expect(seen).toHaveLength(12_345);
  expect(kept[0]).toEqual({ type: "gap", dropped: 3000 });
  expect(kept[1]).toEqual({ type: "accepted", requestKey: "3000" });
  expect(kept).toHaveLength(12_345 - 3000 + 1);
});

test("a reader that leaves is not waited for, and costs nothing any more", async () => {
  const events = new Events();
  const reader = events.read();
  const waiting = reader.next();
  await reader.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  events.emit({ type: "accepted", requestKey: "late" });
  expect(await reader.next()).toEqual({ done: true, value: undefined });
});

test("a reader that asks for several events at once gets each of them, in order", async () => {
  const events = new Events();
  const reader = events.read();
  const asked = [reader.next(), reader.next(), reader.next()];
  for (const requestKey of ["a", "b"]) events.emit({ type: "accepted", requestKey });
  events.end();
  expect(await Promise.all(asked)).toMatchObject([{ value: { requestKey: "a" } }, { value: { requestKey: "b" } }, { done: true }]);
});
