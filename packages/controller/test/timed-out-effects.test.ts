import { BridgeError } from "@bridge/core";
import { expect, test } from "vitest";
import { systemClock } from "../src/clock.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { SideEffects } from "../src/side-effects.ts";

// An effect never comes near the ledger.
const sideEffects = new SideEffects({ ledger: {} as Ledger, clock: systemClock });
const aborts = (signal: AbortSignal) => new Promise<never>((_resolve, reject) => {
  signal.addEventListener("abort", () => reject(new BridgeError("aborted", "the caller ended the call", { outcome: "exists" })), { once: true });
});

test("a call that ends itself when its time is over has timed out, and says what it left", async () => {
  const answer = sideEffects.effect("provision", aborts, { signal: new AbortController().signal, seconds: 0.01 });
  await expect(answer).rejects.toMatchObject({ code: "timeout", retryable: true, outcome: "exists" });
});

test("a call that the caller ends is aborted", async () => {
  const caller = new AbortController();
  const begun = Promise.withResolvers<void>();
  const call = (signal: AbortSignal) => {
    begun.resolve();
    return aborts(signal);
  };
  const answer = sideEffects.effect("provision", call, { signal: caller.signal, seconds: 60, graceSeconds: 60 });
  await begun.promise;
  caller.abort();
  await expect(answer).rejects.toMatchObject({ code: "aborted", outcome: "exists" });
});
