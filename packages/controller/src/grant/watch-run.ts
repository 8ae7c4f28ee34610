import { BridgeError, type ExitRecord, type ProvisionedInstance, toBridgeError, type UsageMetrics } from "@bridge/core";
import { waited } from "../clock.ts";
import type { AttemptRow, GrantRow } from "../ledger/rows.ts";
import { pauseMs, type Work } from "../work.ts";
import { endAtDeadline, frozenPauseMs } from "./end-at-deadline.ts";
import type { GrantSignals } from "./grant-signals.ts";
import { lastReading } from "./last-reading.ts";
import { Samples } from "./samples.ts";
import { endGrant } from "./settle.ts";
import { checkedUsage, latest } from "./usage.ts";

/** How long to wait before asking again about something that only the operator can mend. */
const strandedPauseMs = 30_000;

/** What of a grant matters while it runs. */
type RunningGrant = Pick<GrantRow, "requestKey" | "deadlineMs"> & Pick<GrantRow["grant"], "validTo">;

type Running = AttemptRow & { readonly instance: ProvisionedInstance };

/** Watches the machine of a running grant until it ends, its deadline passes, or somebody wants it to end; then the result is decided. */
export async function watchRun(work: Work, row: RunningGrant, signals: GrantSignals): Promise<void> {
  const running = await runningAttempt(work, row.requestKey);
  // Should its watch not have said so by then.
  const forget = endAtDeadline(work, signals, { atMs: row.deadlineMs + work.settings.deadlineGraceSeconds * 1000, scope: running.placement.scope });
  const samples = new Samples(work, running);
  try {
    for (let failures = 0; ;) {
      const outcome = await watchOnce(work, row, { running, signals, samples });
      if (work.stopping.aborted) return;
      if (outcome.usage !== undefined && !mustWait(work, running, outcome.usage.exit)) return await end(work, row, running, outcome.usage);
      failures = outcome.error === undefined ? 0 : failures + 1;
      // A grant that is to end waits for nothing but a clock that can be trusted.
      const pause = outcome.error === undefined ? frozenPauseMs : isStranded(outcome.error) ? strandedPauseMs : Math.min(60_000, pauseMs(work, failures));
      await waited(work.clock, pause, signals.ended.aborted ? work.stopping : signals.interrupted);
      if (work.stopping.aborted) return;
    }
  } finally {
    forget();
    if (work.stopping.aborted) await samples.keepLast();
  }
}

async function runningAttempt({ ledger }: Work, requestKey: string): Promise<Running> {
  const attempts = await ledger.attempts(requestKey);
  const running = attempts.find((attempt): attempt is Running => attempt.state === "running" && attempt.instance !== undefined);
  if (running === undefined) throw new BridgeError("internal", `grant ${requestKey} runs without an attempt`);
  return running;
}

/** No deadline is enforced while our clock and the platform's do not agree. */
const mustWait = (work: Work, { placement }: Running, { reason }: ExitRecord): boolean => reason === "deadline" && work.trust.isFrozen(placement.scope);

const isStranded = ({ code }: BridgeError): boolean => code === "unknown_backend" || code === "wrong_scope";

interface Watch {
  readonly running: Running;
  readonly signals: GrantSignals;
  readonly samples: Samples;
}

async function watchOnce(work: Work, row: RunningGrant, { running, signals, samples }: Watch): Promise<{ readonly usage?: UsageMetrics; readonly error?: BridgeError }> {
  const read = () => lastReading(work, running, { reason: signals.reason, last: samples.last });
  if (signals.ended.aborted) return { usage: await read() };
  try {
    const said = await work.sideEffects.effect("watch", (signal) => work.fleet.watchUntilExit(running.instance, row.validTo, {
      signal, keyVersion: running.keyVersion, onUsage: (usage) => samples.take(usage),
    }), { requestKey: row.requestKey, signal: signals.interrupted });
    const { exit, ...usage } = checkedUsage(said);
    return { usage: { ...latest(samples.last, usage), exit } };
  } catch (thrown) {
    // When it is to end, the next look takes the last reading.
    if (signals.ended.aborted) return work.stopping.aborted ? {} : { usage: await read() };
    const error = toBridgeError(thrown);
    if (!work.stopping.aborted) work.log.warn({ requestKey: row.requestKey, backend: running.backend, code: error.code, error: error.message }, "a machine cannot be watched; it is tried again");
    return { error };
  }
}

async function end(work: Work, row: RunningGrant, { attempt, backend, instance }: Running, usage: UsageMetrics): Promise<void> {
  const startedAtMs = work.almanac.tickToMs(instance.startedAt);
  await endGrant(work, row, { kind: "ran", attempt, backend, startedAtMs, endedAtMs: Math.max(startedAtMs, work.clock.now()), usage });
}
