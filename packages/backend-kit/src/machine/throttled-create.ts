import type { BridgeError } from "@bridge/core/backend";
import { abortable, monotonicMs, sleep, throwIfAborted } from "../wait.ts";
import type { Creation } from "./creation.ts";
import { withDetails } from "./errors.ts";
import { type CreateAnswer, sendCreate } from "./send-create.ts";

/**
 * Sends the create request of an attempt, and the same again as long as the platform refuses it for its rate and says that
 * nothing was made. Each is preceded by `beforeCreate` and `mayCreate`.
 *
 * @throws BridgeError what kept it from being sent, outcome `none` after a refusal; the refusal when it lasts too long.
 */
export async function createUnthrottled(creation: Creation): Promise<CreateAnswer> {
  const { setting, spec, signal } = creation;
  const pause = throttlePause(creation);
  for (let refusal: BridgeError | undefined; ;) {
    try {
      if (refusal !== undefined) await pause(refusal);
      await abortable(setting.platform.beforeCreate?.(spec, { signal }) ?? Promise.resolve(), signal);
      throwIfAborted(signal);
    } catch (thrown) {
      const error = setting.mapError(thrown, "provision");
      // Nothing was made, and nothing has been sent since.
      throw refusal === undefined || error.outcome !== undefined ? error : withDetails(error, { outcome: "none" });
    }
    const answer = await sendCreate(creation);
    const isThrottled = answer.isSent && answer.error?.code === "rate_limited" && answer.error.outcome === "none";
    if (!isThrottled || signal.aborted) return answer;
    refusal = answer.error;
  }
}

/**
 * Makes a function that waits, ever longer, until a refused create may be sent again: from a second to a quarter of a minute,
 * two minutes in all, less where a create takes less than half a minute. Throws the refusal when the wait would end too late.
 */
function throttlePause({ setting, spec, signal }: Creation): (refusal: BridgeError) => Promise<void> {
  const { facts: { createTimeoutSeconds }, services } = setting;
  const scaledMs = (seconds: number) => seconds * 1000 * Math.min(1, createTimeoutSeconds / 30);
  let nextMs = scaledMs(1);
  let untilMs: number | undefined;
  return async (refusal) => {
    untilMs ??= monotonicMs() + scaledMs(120);
    const waitMs = Math.max(nextMs * (1 + Math.random() / 4), (refusal.retryAfterSeconds ?? 0) * 1000);
    if (monotonicMs() + waitMs > untilMs || services.now() + waitMs >= spec.deadlineMs) throw refusal;
    services.log.warn({ backend: services.name, requestKey: spec.requestKey, attempt: spec.attempt, error: refusal.message, waitMs: Math.round(waitMs) }, "a create was refused for its rate; it is sent again");
    nextMs = Math.min(scaledMs(15), nextMs * 2);
    await sleep(waitMs, signal);
  };
}
