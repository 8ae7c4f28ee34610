import { BridgeError, decodeInstance, encodeInstance, type ErrorCode, type ProvisionedInstance, createInstance, type RoutingStep, toBridgeError, type UsageMetrics } from "@bridge/core";
import type { AttemptRow, GrantRow } from "../ledger/rows.ts";
import { openEnvelope } from "../records/envelope-box.ts";
import { sealReceipt } from "../records/receipt.ts";
import type { Work } from "../work.ts";
import { attemptRecord } from "./attempt-ref.ts";
import type { GrantSignals } from "./grant-signals.ts";
import { measure } from "./last-reading.ts";
import { endGrant } from "./settle.ts";
import { unknownUsage } from "./usage.ts";

interface Run {
  readonly signals: GrantSignals;
  /** No call for this attempt was ever made, by this or another process. */
  readonly isFresh: boolean;
}

/** Runs an attempt as it is written down, until its machine serves the grant or it has failed. Resolves to false when its backend is out of reach. */
export async function runAttempt(work: Work, row: GrantRow, attempt: AttemptRow, run: Run): Promise<boolean> {
  const startedMs = work.clock.monotonic();
  const { envelopeBox = "" } = row;
  const step = (verdict: "served" | "failed", reason: RoutingStep["reason"], message?: string): RoutingStep => ({
    backend: attempt.backend, placement: attempt.placement, attempt: attempt.attempt, verdict, reason,
    ...(message === undefined ? {} : { message }), milliseconds: work.clock.monotonic() - startedMs,
  });
  let ledgerFailure: unknown;
  /** What cannot be written down ends the provision, but says nothing about the machine. */
  const written = async (commit: Promise<boolean>): Promise<void> => {
    try {
      await commit;
    } catch (error) {
      ledgerFailure = error;
      throw error;
    }
  };
  const { requestKey } = row;
  const name = { requestKey, attempt: attempt.attempt };
  let instance: ProvisionedInstance;
  let isAskedFor = !run.isFresh;
  const envelope = openEnvelope(envelopeBox, requestKey, work.keys);
  try {
    const answer = await work.sideEffects.effect("provision", (signal) => work.fleet.provisionAttempt(attemptRecord(attempt), row.grant, envelope, {
      signal,
      makeRequesterKey: envelope.requesterKey !== undefined,
      mayCreate: () => {
        requireMayCreate(work, attempt, run);
        isAskedFor = true;
      },
      onCreated: async ({ instanceId = "" }) => {
        if (!isAskedFor) throw foundBefore(attempt, instanceId);
        await written(work.sideEffects.commit({ kind: "created", ...name, instanceId }));
      },
      onReady: async () => {
        await written(work.sideEffects.commit({ kind: "ready", ...name, atMs: work.clock.now() }));
        await requireWanted(work, name);
      },
    }), { requestKey, signal: run.signals.interrupted, ...provisionBounds(work, attempt) });
    instance = checkedInstance(answer);
  } catch (thrown) {
    if (ledgerFailure !== undefined) throw toBridgeError(ledgerFailure);
    return await afterFailure(work, row, attempt, { ...run, error: toBridgeError(thrown), step });
  }
  const receipt = await sealReceipt(instance, row.grant, { signer: work.signer, requesterKey: envelope.requesterKey });
  if (await work.sideEffects.commit({ kind: "run", ...name, instance, receipt, routing: [step("served", "ok")] })) {
    work.log.info({ ...name, backend: attempt.backend, instanceId: instance.instanceId }, "a machine serves the grant");
    work.events.emit({ type: "running", ...name, backend: attempt.backend });
    work.changed(requestKey);
  }
  return true;
}

/** Seconds beyond the backend's own bounds after which it counts as hanging. */
const marginSeconds = 60;
/** So long a create that is refused for its rate may be sent again; see `defineMachineBackend`. */
const throttledSeconds = 120;

function provisionBounds({ facts, settings, stopping }: Work, { backend }: AttemptRow): { readonly seconds: number; readonly graceSeconds: number } {
  const { createTimeoutSeconds = 60, settleSeconds = 60, readyTimeoutSeconds = 300 } = facts.get(backend) ?? {};
  return {
    seconds: 2 * (createTimeoutSeconds + settleSeconds) + throttledSeconds + readyTimeoutSeconds + marginSeconds,
    graceSeconds: stopping.aborted ? settings.stopSeconds : Math.min(createTimeoutSeconds, settings.stopSeconds),
  };
}

/** A create request is sent only soon after its attempt was written down: the platform remembers names and tokens for a time only. */
function requireMayCreate({ clock, facts, trust }: Work, { backend, intentAtMs, attempt, placement: { scope } }: AttemptRow, { signals, isFresh }: Run): void {
  if (signals.interrupted.aborted) throw new BridgeError("aborted", "the grant was ended before its machine was created", { outcome: "none" });
  const { createTimeoutSeconds = 60, settleSeconds = 60, replayWindowSeconds } = facts.get(backend) ?? {};
  const ownMs = (2 * (createTimeoutSeconds + settleSeconds) + throttledSeconds + marginSeconds) * 1000;
  const windowMs = replayWindowSeconds === undefined || replayWindowSeconds === 0 ? ownMs : Math.min(ownMs, replayWindowSeconds * 1000);
  const ageMs = clock.now() - intentAtMs;
  // How long ago an earlier process decided is known only by a clock that can be trusted.
  const isKnown = isFresh || replayWindowSeconds === undefined || (ageMs >= 0 && !trust.isFrozen(scope));
  if (isKnown && ageMs <= windowMs) return;
  throw new BridgeError("lease_lost", `attempt ${attempt} was decided too long ago to create its machine now`, { outcome: "none" });
}

/** The last look before the workload starts: a grant that was cancelled or given up meanwhile starts nothing. */
async function requireWanted({ ledger }: Work, { requestKey, attempt }: Pick<AttemptRow, "requestKey" | "attempt">): Promise<void> {
  const [grant, row] = [await ledger.grant(requestKey), await ledger.attempt(requestKey, attempt)];
  if (grant?.state === "accepted" && grant.cancelledAtMs === undefined && (row?.state === "intended" || row?.state === "created")) return;
  throw new BridgeError("aborted", "the grant was ended before its workload started");
}

/** A machine that was there before anybody asked for it: this ledger is an older copy, and a later one has made it. */
function foundBefore({ attempt, requestKey }: AttemptRow, instanceId: string): BridgeError {
  return new BridgeError("conflict", `${instanceId} carries the name of attempt ${attempt} of request ${requestKey}, but this ledger has not asked for it: an older backup was restored`, { outcome: "exists" });
}

/** What a backend answered, if it is an instance. @throws BridgeError `internal`, outcome `exists`. */
function checkedInstance(answer: ProvisionedInstance): ProvisionedInstance {
  try {
    return createInstance(decodeInstance(encodeInstance(answer)), answer.keyPrivate);
  } catch (cause) {
    throw new BridgeError("internal", `the backend answered with something that is no instance: ${toBridgeError(cause).message}`, { outcome: "exists", cause });
  }
}

interface Failed extends Run {
  readonly error: BridgeError;
  readonly step: (verdict: "failed", reason: RoutingStep["reason"], message?: string) => RoutingStep;
}

/** What a platform that does not answer comes to, or one that answers to nobody with our credentials. */
const silences: readonly ErrorCode[] = ["unavailable", "rate_limited", "timeout", "unauthorized", "forbidden", "internal"];

async function afterFailure(work: Work, row: GrantRow, attempt: AttemptRow, { signals, isFresh, error, step }: Failed): Promise<boolean> {
  // Stopped: it goes on from the ledger. To end: the next look decides the result, which closes the attempt.
  if (signals.interrupted.aborted) return true;
  const { code, message } = error;
  if (code === "unknown_backend" || code === "wrong_scope") {
    work.log.warn({ requestKey: row.requestKey, backend: attempt.backend, code, error: message }, "an open attempt is out of reach");
    return false;
  }
  // By a clock that cannot be trusted: its machine may live, and rightly.
  if ((code === "grant_expired" || code === "lease_lost") && !isFresh && work.trust.isFrozen(attempt.placement.scope)) return false;
  const name = { requestKey: row.requestKey, attempt: attempt.attempt };
  const now = await work.ledger.attempt(name.requestKey, name.attempt);
  // Its workload has been started, and nobody says that it has ended: the platform does not answer. The deadline bounds it.
  if (!isFresh && now?.readyAtMs !== undefined && error.outcome !== "exists" && silences.includes(code)) throw error;
  // Stale lists may have shown it living at first. The same words come from a platform that does not answer: only what its machine says tells them apart.
  const mayHaveEnded = code === "unavailable" && error.outcome === "exists";
  if ((code === "attempt_spent" || mayHaveEnded) && now?.readyAtMs !== undefined) {
    const usage = await measure(work, attempt, row.grant.validTo);
    // A deadline by a clock that cannot be trusted has ended nothing either.
    const isTold = usage !== undefined && !(usage.exit.reason === "deadline" && work.trust.isFrozen(attempt.placement.scope));
    if (mayHaveEnded && !isTold) throw error;
    await endUnseen(work, row, now, now.readyAtMs, usage);
    return true;
  }
  work.log.warn({ ...name, backend: attempt.backend, code, error: message }, "attempt failed");
  work.events.emit({ type: "attempt_failed", ...name, backend: attempt.backend, code, message });
  const failure = { code, message };
  const routing = [step("failed", code, message)];
  if (isFresh && error.outcome === "none" && now?.instanceId === undefined) await work.sideEffects.commit({ kind: "close", ...name, failure, routing });
  else {
    // Under a conflict another's machine lives under this name: it is left to its deadline.
    const closeAfterMs = code === "conflict" ? attempt.deadlineMs + work.settings.expiredTagSeconds * 1000 : undefined;
    await work.sideEffects.commit({ kind: "abandon", ...name, failure, atMs: work.clock.now(), routing, ...(closeAfterMs === undefined ? {} : { closeAfterMs }) });
    if (closeAfterMs === undefined) void work.closeAttempts(row.requestKey);
    else await endGrant(work, row, { kind: "failed", endedAtMs: work.clock.now(), failure });
  }
  return true;
}

/** Its workload was started and has ended while nobody looked. */
async function endUnseen(work: Work, row: GrantRow, { attempt, backend }: AttemptRow, readyAtMs: number, usage: UsageMetrics = { ...unknownUsage, exit: { reason: "lost" } }): Promise<void> {
  if (work.stopping.aborted) return;
  await endGrant(work, row, { kind: "ran", attempt, backend, startedAtMs: readyAtMs, endedAtMs: Math.max(readyAtMs, work.clock.now()), usage });
}
