import { getEventListeners } from "node:events";
import { BridgeError } from "@bridge/core";
import { expect, test } from "vitest";
import { type Clock, systemClock } from "../src/clock.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import type { KillPoint, Probe } from "../src/probe.ts";
import { SideEffects } from "../src/side-effects.ts";

/** A clock whose waits end when somebody says so, by their length. */
function heldClock(): { readonly clock: Clock; readonly pass: (milliseconds: number) => void } {
  const waits = new Map<number, () => void>();
  const wait = (milliseconds: number, signal?: AbortSignal) => new Promise<void>((resolve, reject) => {
    waits.set(milliseconds, resolve);
    signal?.addEventListener("abort", () => reject(new BridgeError("aborted", "")));
  });
  return { clock: { ...systemClock, wait }, pass: (milliseconds) => waits.get(milliseconds)?.() };
}

const soon = () => new Promise((resolve) => void setImmediate(resolve));
const forever = () => new Promise<never>(() => {});

function setUp(probe?: Probe) {
  const { clock, pass } = heldClock();
  const outer = new AbortController();
  const ledger = { commit: async () => true } as unknown as Ledger; // nothing else of it is called
  return { sideEffects: new SideEffects({ ledger, clock, probe }), pass, outer, signal: outer.signal };
}

test("a call that hangs is told to end, and ends as a timeout", async () => {
  const { sideEffects, pass, signal } = setUp();
  let told: AbortSignal | undefined;
  const answer = sideEffects.effect("list", (inner) => { told = inner; return forever(); }, { signal, seconds: 7 });
  await soon();
  expect(told?.aborted).toBe(false);
  pass(7000);
  await soon();
  expect(told?.aborted).toBe(true);
  pass(0);
  await expect(answer).rejects.toMatchObject({ code: "timeout", message: "list was not answered within 7 s" });
});

test("an answer that comes within the grace is taken, one that comes later is not", async () => {
  const { sideEffects, pass, outer, signal } = setUp();
  const made = Promise.withResolvers<string>();
  const bounds = { signal, seconds: 7, graceSeconds: 3 };
  const [inTime, late] = [sideEffects.effect("provision", () => made.promise, bounds), sideEffects.effect("provision", forever, bounds)];
  await soon();
  outer.abort();
  await soon();
  made.resolve("a machine");
  await expect(inTime).resolves.toBe("a machine");
  pass(3000);
  await expect(late).rejects.toMatchObject({ code: "aborted", message: "provision was ended" });
});

test("a signal that has fired lets no call out", async () => {
  const { sideEffects, outer, signal } = setUp();
  outer.abort();
  await expect(sideEffects.effect("terminate", () => { throw new Error("called"); }, { signal })).rejects.toMatchObject({ code: "aborted" });
});

test("whatever a call throws, at once or later, comes as a BridgeError", async () => {
  const { sideEffects, signal } = setUp();
  await expect(sideEffects.effect("watch", () => { throw new TypeError("nonsense"); }, { signal })).rejects.toMatchObject({ code: "internal", message: expect.stringContaining("nonsense") });
  await expect(sideEffects.effect("watch", async () => { throw new BridgeError("no_capacity", "full"); }, { signal })).rejects.toMatchObject({ code: "no_capacity" });
});

test("a call that is over leaves no listener behind", async () => {
  const { sideEffects, signal } = setUp();
  await sideEffects.effect("choose", async () => 1, { signal, seconds: 7 });
  await sideEffects.effect("choose", async () => { throw new Error("failed"); }, { signal, seconds: 7 }).catch(() => {});
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("each effect and each step has its three kill points, in order, also while they fail", async () => {
  const points: KillPoint[] = [];
  const { sideEffects, signal } = setUp((point) => void points.push(point));
  await sideEffects.effect("list", async () => { throw new Error("failed"); }, { signal }).catch(() => {});
  await sideEffects.commit({ kind: "cancel", requestKey: "k", atMs: 0 });
  expect(points.map(({ at, kind, moment, requestKey }) => [at, kind, moment, requestKey].join(" ").trim())).toEqual([
    "effect list before", "effect list sent", "effect list after", "commit cancel before k", "commit cancel sent k", "commit cancel after k",
  ]);
});

test("a call that fails, or is over its time, while a probe holds it is no unhandled rejection", async () => {
  const hold = Promise.withResolvers<void>();
  const { sideEffects, pass, signal } = setUp(({ moment }) => (moment === "sent" ? hold.promise : undefined));
  const failed = sideEffects.effect("list", async () => { throw new Error("failed"); }, { signal });
  const late = sideEffects.effect("terminate", forever, { signal, seconds: 7 });
  await soon();
  pass(7000);
  await soon();
  pass(0);
  await soon();
  hold.resolve();
  await expect(failed).rejects.toMatchObject({ code: "internal" });
  await expect(late).rejects.toMatchObject({ code: "timeout" });
});
