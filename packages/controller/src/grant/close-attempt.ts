import { type InstanceRef, toBridgeError } from "@bridge/core";
import { waited } from "../clock.ts";
import type { AttemptRow } from "../ledger/rows.ts";
import { pauseMs, type Work } from "../work.ts";
import { attemptRef } from "./attempt-ref.ts";
import { namesakePauseMs } from "./namesake.ts";

/** One try may take as long as a backend may fail with the same call, and some more. */
const tryBoundSeconds = 1020;
/** What a platform may ask for at most: a machine that is not ended costs money. */
const longestAskedSeconds = 900;
/** From then on it is worth an operator's attention. */
const loudAfterSeconds = 300;

/** Ends what an attempt may have left until its backend has proved that nothing is left. Never given up; returns early only when the controller stops. */
export async function closeAttempt(work: Work, requestKey: string, attempt: number): Promise<void> {
  const { ledger, sideEffects, clock, stopping, events } = work;
  for (let failures = 0; !stopping.aborted;) {
    try {
      const row = await ledger.attempt(requestKey, attempt);
      if (row === undefined || row.state === "closed") return;
      const namesakeMs = await namesakePauseMs(work, row);
      if (namesakeMs > 0) {
        await waited(clock, namesakeMs, stopping);
        continue;
      }
      const { backend } = row;
      await sideEffects.effect("terminate", (signal) => work.fleet.terminate(refToClose(work, row), { signal }), { requestKey, signal: stopping, seconds: tryBoundSeconds });
      await sideEffects.commit({ kind: "close", requestKey, attempt });
      work.log.info({ requestKey, attempt, backend }, "attempt closed: nothing of it is left");
      events.emit({ type: "closed", requestKey, attempt, backend });
      return;
    } catch (thrown) {
      if (stopping.aborted) return;
      failures += 1;
      await afterFailure(work, { requestKey, attempt, failures, thrown });
    }
  }
}

/**
 * An earlier process may have resumed an attempt long after it was decided, and have sent its create just before it died: as
 * long as no machine ran, the backend waits for a late one as if the attempt had been decided when this process began.
 */
function refToClose({ openedAtMs }: Work, row: AttemptRow): InstanceRef {
  const ref = attemptRef(row);
  if (row.instance !== undefined) return ref;
  return { ...ref, intentAtMs: Math.max(ref.intentAtMs, Math.min(openedAtMs, row.closingSinceMs ?? openedAtMs)) };
}

async function afterFailure(work: Work, { requestKey, attempt, failures, thrown }: { readonly requestKey: string; readonly attempt: number; readonly failures: number; readonly thrown: unknown }): Promise<void> {
  const { code, message, retryAfterSeconds = 0 } = toBridgeError(thrown);
  const row: AttemptRow | undefined = await work.ledger.attempt(requestKey, attempt).catch(() => undefined);
  const ageSeconds = Math.max(0, Math.round((work.clock.now() - (row?.closingSinceMs ?? work.clock.now())) / 1000));
  const pause = Math.max(pauseMs(work, failures), Math.min(longestAskedSeconds, retryAfterSeconds) * 1000);
  const fields = { requestKey, attempt, backend: row?.backend ?? "unknown", code, ageSeconds, retryInSeconds: Math.round(pause / 1000) };
  work.log[ageSeconds >= loudAfterSeconds ? "error" : "warn"]({ ...fields, error: message }, "a machine could not be ended; it is tried again");
  work.events.emit({ type: "closing_failed", message, ...fields });
  await waited(work.clock, pause, work.stopping);
}
