import { type AttemptRecord, type BridgeError, type Choice, type RoutingStep, toBridgeError } from "@bridge/core";
import { randomBytes } from "node:crypto";
import { waited } from "../clock.ts";
import type { AttemptRow, Failure, GrantRow } from "../ledger/rows.ts";
import type { Work } from "../work.ts";
import { endAtDeadline } from "./end-at-deadline.ts";
import type { EndReason, GrantSignals } from "./grant-signals.ts";
import { lastReading } from "./last-reading.ts";
import { runAttempt } from "./run-attempt.ts";
import { endGrant } from "./settle.ts";

/** How often a backend that only the operator can bring back is looked for. */
const strandedPauseMs = 30_000;

/** Takes an accepted grant one step on: resumes its open attempt, waits for one that closes, or decides the next. Called again until the grant runs or its result is decided. */
export async function bringUp(work: Work, row: GrantRow, signals: GrantSignals): Promise<void> {
  const attempts = await work.ledger.attempts(row.requestKey);
  const open = attempts.find(({ state }) => state === "intended" || state === "created");
  // What is decided stays decided, also when somebody sets the clock back.
  const reason = signals.reason ?? (isExpired(work, row, open) ? "deadline" : undefined);
  if (reason !== undefined) return await endEarly(work, row, open ?? attempts.at(-1), reason);
  if (open !== undefined) return await resume(work, row, open, signals);
  const forget = work.deadlines.at(row.deadlineMs, () => signals.end("deadline"));
  try {
    const last = attempts.at(-1);
    if (last !== undefined && isFinal(last)) return await fail(work, row, finalFailure(last));
    if (attempts.length >= work.settings.maxAttempts) {
      return await fail(work, row, { code: last?.failure?.code ?? "internal", message: `all ${attempts.length} attempts failed; at last: ${last?.failure?.message ?? "for an unknown reason"}` });
    }
    if (attempts.some(({ state }) => state === "closing")) return await either(work.closeAttempts(row.requestKey), signals.interrupted);
    await inTurn(work, signals, () => nextAttempt(work, row, attempts, { signals, forget }), undefined);
  } finally {
    forget();
  }
}

/** A machine that may live is ended only by a clock that can be trusted. */
const isExpired = ({ clock, trust }: Work, { deadlineMs }: GrantRow, open: AttemptRow | undefined): boolean =>
  clock.now() >= deadlineMs && (open === undefined || !trust.isFrozen(open.placement.scope));

const endings = {
  cancelled: { code: "aborted", message: "the grant was cancelled before a machine ran" },
  deadline: { code: "grant_expired", message: "the grant expired before a machine ran" },
} as const satisfies Record<string, Failure>;

/** Failures after which no attempt follows: they are about the grant, a machine that others hold, or a workload that may have started. */
const finalCodes: readonly Failure["code"][] = ["invalid_grant", "image_mismatch", "attempt_spent", "conflict"];

function finalFailure({ failure, readyAtMs }: AttemptRow): Failure {
  const { code, message } = failure ?? { code: "internal", message: "the attempt ended without a reason" };
  return { code, message: readyAtMs === undefined ? message : `${message}; its workload may have started, so no other attempt follows` };
}

const isFinal = ({ failure, readyAtMs }: AttemptRow): boolean => readyAtMs !== undefined || (failure !== undefined && finalCodes.includes(failure.code));

/** Cancelled or expired before `running` was written down. A workload that was started even so is metered. */
async function endEarly(work: Work, row: GrantRow, last: AttemptRow | undefined, reason: EndReason): Promise<void> {
  const { readyAtMs } = last ?? {};
  if (last === undefined || readyAtMs === undefined) return fail(work, row, endings[reason]);
  if (last.failure !== undefined) return fail(work, row, finalFailure(last));
  const usage = await lastReading(work, last, { reason, last: undefined });
  if (work.stopping.aborted) return;
  await endGrant(work, row, { kind: "ran", attempt: last.attempt, backend: last.backend, startedAtMs: readyAtMs, endedAtMs: Math.max(readyAtMs, work.clock.now()), usage });
}

async function fail(work: Work, row: GrantRow, failure: Failure): Promise<void> {
  await endGrant(work, row, { kind: "failed", endedAtMs: work.clock.now(), failure });
}

async function resume(work: Work, row: GrantRow, open: AttemptRow, signals: GrantSignals): Promise<void> {
  const isReachable = await untilDeadline(work, row, open, signals, () => inTurn(work, signals, () => runAttempt(work, row, open, { signals, isFresh: false }), true));
  if (!isReachable) await waited(work.clock, strandedPauseMs, signals.interrupted);
}

/** Lets the grant end at its deadline while something runs for an attempt of it. */
async function untilDeadline<T>(work: Work, row: GrantRow, attempt: AttemptRow, signals: GrantSignals, run: () => Promise<T>): Promise<T> {
  const forget = endAtDeadline(work, signals, { atMs: row.deadlineMs, scope: attempt.placement.scope });
  try {
    return await run();
  } finally {
    forget();
  }
}

/** Runs something as one of the provisions that may run at once. Who is interrupted before it is their turn does not wait for it. */
async function inTurn<T>(work: Work, { interrupted }: GrantSignals, run: () => Promise<T>, otherwise: T): Promise<T> {
  let hasBegun = false;
  const turn = work.provisions(async () => {
    if (interrupted.aborted) return otherwise;
    hasBegun = true;
    return await run();
  });
  await either(turn.then(() => {}), interrupted);
  return hasBegun ? await turn : otherwise;
}

/** Decides where the next attempt goes, writes that down, and runs it. From then on its scope's clock counts. */
async function nextAttempt(work: Work, row: GrantRow, attempts: readonly AttemptRow[], { signals, forget }: { readonly signals: GrantSignals; readonly forget: () => void }): Promise<void> {
  if (signals.interrupted.aborted) return;
  const { requestKey, deadlineMs } = row;
  const routing: RoutingStep[] = [];
  const choice = await choose(work, row, attempts, { signals, routing });
  if (choice === undefined) return;
  const record: AttemptRecord & { readonly keyVersion: number } = {
    requestKey, ...choice, attempt: attempts.length + 1, intentAtMs: work.clock.now(), deadlineMs, salt: randomBytes(32).toString("base64"), keyVersion: work.keys.version,
  };
  if (!(await work.sideEffects.commit({ kind: "intend", requestKey, record, routing }))) return;
  work.events.emit({ type: "attempt", requestKey, attempt: record.attempt, backend: record.backend });
  forget();
  const attempt: AttemptRow = { ...record, state: "intended" };
  await untilDeadline(work, row, attempt, signals, () => runAttempt(work, row, attempt, { signals, isFresh: true }));
}

const chooseSeconds = 120;

/** Where the next attempt goes; a place where none was asked for in time may be tried again. Undefined when there is no place, after the wait or the end that follows from that. */
async function choose(work: Work, row: GrantRow, attempts: readonly AttemptRow[], { signals, routing }: { readonly signals: GrantSignals; readonly routing: RoutingStep[] }): Promise<Choice | undefined> {
  try {
    return await work.sideEffects.effect("choose", (signal) => work.fleet.choose(row.grant, { tried: attempts.filter(({ failure }) => failure?.code !== "lease_lost"), signal, onRouting: (step) => void routing.push(step) }), {
      requestKey: row.requestKey, signal: signals.interrupted, seconds: chooseSeconds,
    });
  } catch (thrown) {
    if (!signals.interrupted.aborted) await waitForPlace(work, row, attempts, { error: toBridgeError(thrown), signals });
    return undefined;
  }
}

/** No backend has a place. Where one may have a little later, the grant waits for it; not for longer than it may. */
async function waitForPlace(work: Work, row: GrantRow, attempts: readonly AttemptRow[], { error, signals }: { readonly error: BridgeError; readonly signals: GrantSignals }): Promise<void> {
  const leftMs = row.acceptedAtMs + work.settings.placementWaitSeconds * 1000 - work.clock.now();
  if (error.retryable && leftMs > 0) {
    work.log.info({ requestKey: row.requestKey, code: error.code, error: error.message }, "no place for a grant at the moment; it waits");
    await waited(work.clock, Math.min(leftMs, Math.max(placePauseMs, (error.retryAfterSeconds ?? 0) * 1000)), signals.interrupted);
    return;
  }
  const before = attempts.at(-1)?.failure;
  await fail(work, row, { code: before?.code ?? error.code, message: before === undefined ? error.message : `${before.message}; and after that: ${error.message}` });
}

const placePauseMs = 5000;

/** Waits for the one or for the other. */
async function either(done: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAbort = () => resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([done, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
