import { type ExitRecord, toBridgeError, type UsageMetrics } from "@bridge/core";
import type { AttemptRow, Usage } from "../ledger/rows.ts";
import type { Work } from "../work.ts";
import { attemptRef } from "./attempt-ref.ts";
import type { EndReason } from "./grant-signals.ts";
import { checkedUsage, latest, unknownUsage } from "./usage.ts";

const measureSeconds = 30;

/** Reads usage once more before a machine is ended by us: a watch until a moment that has passed. Without an answer the last sample counts. */
export async function lastReading(work: Work, attempt: AttemptRow, { reason, last }: { readonly reason: EndReason | undefined; readonly last: Usage | undefined }): Promise<UsageMetrics> {
  const { requestKey, backend, keyVersion } = attempt;
  const exit: ExitRecord = { reason: reason === "cancelled" ? "terminated" : "deadline" };
  try {
    const said = await work.sideEffects.effect("measure", (signal) => work.fleet.watchUntilExit(attemptRef(attempt), 0, { signal, keyVersion }), {
      requestKey, signal: work.stopping, seconds: measureSeconds,
    });
    const { exit: seen, ...usage } = checkedUsage(said);
    // It may have ended by itself before we came to it.
    return { ...latest(last, usage), exit: seen.reason === "exited" ? seen : exit };
  } catch (thrown) {
    const { code, message } = toBridgeError(thrown);
    work.log.warn({ requestKey, backend, code, error: message }, "usage could not be read at the end; the last sample counts");
    return { ...(last ?? unknownUsage), exit };
  }
}
