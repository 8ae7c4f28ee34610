import { BridgeError, type Fleet, type InstanceRef, toBridgeError } from "@bridge/core";
import type { Output } from "../output/output.ts";
import { persist } from "./persist.ts";

/** How long a platform that does not answer is asked again. */
const patienceMs = 60_000;

/** What a person can do about an attempt that may still exist. */
export function howToEnd({ backend, scope, requestKey, attempt, instanceId }: InstanceRef): string {
  const machine = instanceId === undefined ? "" : `, instance ${instanceId}`;
  return `attempt ${attempt} of ${requestKey} on ${backend} (${scope}${machine}) may be left; end it with: bridge terminate ${requestKey}`;
}

/**
 * Ends an attempt and proves that nothing of it is left, with patience for what may pass.
 *
 * @throws BridgeError with the ref: something may be left, and the message says how to end it.
 */
export async function closeAttempt(fleet: Fleet, ref: InstanceRef, output: Output): Promise<void> {
  const started = performance.now();
  try {
    await persist(() => fleet.terminate(ref), {
      untilMs: Date.now() + patienceMs,
      onRetry: (error, seconds) => output.note([{ text: `terminate: ${error.code}: ${error.message}; again in ${seconds} s`, style: "yellow" }]),
    });
  } catch (thrown) {
    const error = toBridgeError(thrown);
    throw new BridgeError(error.code, `${error.message}\n${howToEnd(ref)}`, { backend: ref.backend, operation: "terminate", ref, cause: error });
  }
  output.step({ event: "terminated", ...ref }, `terminated attempt ${ref.attempt} of ${ref.requestKey} after ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
