import { type AlmanacTick, type ExitRecord, toBridgeError, type UsageMetrics } from "@bridge/core";
import type { AttemptRow, Usage } from "../ledger/rows.ts";
import type { Work } from "../work.ts";
import { attemptRef } from "./attempt-ref.ts";
import type { EndReason } from "./grant-signals.ts";
import { checkedUsage, latest, unknownUsage } from "./usage.ts";

const measureSeconds = 30;

/** What a machine has used and how it ended, as its platform says now; undefined when it does not answer. `validTo` in the past: without waiting for its end. */
export async function measure(work: Work, attempt: AttemptRow, validTo: AlmanacTick): Promise<UsageMetrics | undefined> {
  const { requestKey, backend, keyVersion } = attempt;
  try {
    return checkedUsage(await work.sideEffects.effect("measure", (signal) => work.fleet.watchUntilExit(attemptRef(attempt), validTo, { signal, keyVersion }), {
      requestKey, signal: work.stopping, seconds: measureSeconds,
    }));
  } catch (thrown) {
    const { code, message } = toBridgeError(thrown);
    work.log.warn({ requestKey, backend, code, error: message }, "usage could not be read at the end; what was read before counts");
    return undefined;
  }
}

/** Reads usage once more before a machine is ended by us: a watch until a moment that has passed. Without an answer the last sample counts. */
export async function lastReading(work: Work, attempt: AttemptRow, { reason, last }: { readonly reason: EndReason | undefined; readonly last: Usage | undefined }): Promise<UsageMetrics> {
  const exit: ExitRecord = { reason: reason === "cancelled" ? "terminated" : "deadline" };
  const { exit: seen, ...usage } = await measure(work, attempt, 0) ?? { ...unknownUsage, exit };
  // It may have ended by itself before we came to it.
  return { ...latest(last, usage), exit: seen.reason === "exited" ? seen : exit };
}
