import type { ComputeGrant, Envelope, Placement, ProvisionedInstance } from "../backend/words.ts";
import { BridgeError, type BridgeErrorDetails, toBridgeError } from "../errors/bridge-error.ts";
import { type AttemptSetting, refOfAttempt, runAttempt } from "./attempt.ts";
import type { AttemptRecord, ProvisionOptions } from "./fleet-options.ts";
import type { FleetHealth } from "./health.ts";
import { finalCodes, guardHooks } from "./hooks.ts";
import type { FleetMember } from "./members.ts";
import { refOf } from "../instance/instance-codec.ts";
import { placementsOf, type Verdict } from "./route.ts";
import type { RoutingStep } from "./routing-record.ts";

/** All that one provision works with. */
export interface ProvisionTask {
  readonly grant: ComputeGrant;
  readonly envelope: Envelope;
  readonly requestKey: string;
  readonly deadlineMs: number;
  readonly verdicts: readonly Verdict[];
  readonly health: FleetHealth;
  readonly setting: AttemptSetting;
  readonly fallback: "next" | "never";
  readonly options: ProvisionOptions;
}

/** Tries candidates in order until one serves. One attempt at a time; the next starts only when nothing of the last can live. */
export async function provisionTask(task: ProvisionTask): Promise<ProvisionedInstance> {
  const { options, setting, verdicts } = task;
  const hooks = guardHooks(options);
  const routing: RoutingStep[] = [];
  const failures: BridgeError[] = [];
  const note = async (step: RoutingStep, left: BridgeErrorDetails = { outcome: "none" }) => {
    routing.push(step);
    try {
      await hooks.onRouting(step);
    } catch (thrown) {
      throw toBridgeError(thrown, { ...left, routing });
    }
  };
  const refusals: Record<string, Verdict["refusals"]> = {};
  for (const { member: { backend: { name } }, refusals: reasons, milliseconds } of verdicts) {
    if (reasons.length > 0) refusals[name] = reasons;
    for (const { reason, message } of reasons) await note({ backend: name, verdict: "refused", reason, message, milliseconds });
  }
  const candidates = verdicts.filter((verdict) => verdict.refusals.length === 0).map(({ member }) => member);
  if (candidates.length === 0 && options.resume === undefined) {
    const lines = Object.entries(refusals).flatMap(([name, reasons]) => reasons.map(({ reason, message }) => `  ${name}: ${reason}: ${message}`));
    throw new BridgeError("no_backend_can_satisfy", `no backend can satisfy request "${task.grant.requestId}":\n${lines.join("\n")}`, { outcome: "none", refusals, routing });
  }

  let attempt = (options.resume?.attempt ?? 1) - 1;
  const first = attempt + 1;
  for await (const { member, placement, resumed } of choices(task, candidates, note, failures)) {
    if (attempt + 1 - first >= (options.maxAttempts ?? Number.POSITIVE_INFINITY)) break;
    attempt += 1;
    const record = resumed ?? newRecord(task, member, placement, attempt);
    await hooks.onAttempt(record);
    setting.log.info({ backend: record.backend, requestId: task.grant.requestId, requestKey: task.requestKey, attempt, region: placement.region, size: placement.size }, "routing grant to backend");
    const started = performance.now();
    const step = (verdict: "served" | "failed", reason: RoutingStep["reason"], message?: string): RoutingStep =>
      ({ backend: record.backend, placement, attempt, verdict, reason, ...(message === undefined ? {} : { message }), milliseconds: performance.now() - started });
    const ref = refOfAttempt(record);
    let instance: ProvisionedInstance;
    try {
      instance = await runAttempt({ member, record, grant: task.grant, envelope: task.envelope, setting, options, hooks });
    } catch (thrown) {
      const error = toBridgeError(thrown, { backend: record.backend, operation: "provision", ref });
      failures.push(error);
      await note(step("failed", error.code, error.message), { outcome: error.outcome ?? "unknown", ref: error.ref ?? ref });
      if (task.health.remember(record.backend, placement, error)) {
        setting.log.error({ backend: record.backend, code: error.code, error: error.message }, "backend is unhealthy: its credentials or configuration are wrong");
      }
      if (task.fallback === "never" || finalCodes.includes(error.code)) throw withRouting(error, routing);
      if (error.outcome !== "none") await clear(member, error, error.ref ?? ref, routing, options.signal);
      setting.log.warn({ backend: record.backend, attempt, code: error.code, error: error.message }, "attempt failed");
      continue;
    }
    await note(step("served", "ok"), { backend: record.backend, operation: "provision", outcome: "exists", ref: refOf(instance) });
    return instance;
  }
  throw allFailed(task, failures, routing);
}

/** The resumed attempt first, then every placement of every candidate that is not passed over. */
async function* choices(task: ProvisionTask, candidates: readonly FleetMember[], note: (step: RoutingStep) => Promise<void>, failures: BridgeError[]):
  AsyncGenerator<{ member: FleetMember; placement: Placement; resumed?: AttemptRecord }> {
  const { resume } = task.options;
  if (resume !== undefined) {
    const member = task.verdicts.find((verdict) => verdict.member.backend.name === resume.backend)?.member;
    if (member === undefined) throw new BridgeError("unknown_backend", `the attempt to resume belongs to backend "${resume.backend}", which is not registered in this fleet`);
    yield { member, placement: resume.placement, resumed: resume };
  }
  for (const member of candidates) {
    const { name } = member.backend;
    const started = performance.now();
    let placements: readonly Placement[] = [];
    try {
      placements = await placementsOf(member, task.grant, task.health, task.options.signal);
    } catch (thrown) {
      const error = toBridgeError(thrown, { backend: name, operation: "placements", outcome: "none" });
      if (finalCodes.includes(error.code)) throw error;
      failures.push(error);
      await note({ backend: name, verdict: "failed", reason: error.code, message: error.message, milliseconds: performance.now() - started });
    }
    for (const placement of placements) {
      if (task.health.refusal(name) !== undefined) break;
      const seconds = task.health.secondsExhausted(name, placement);
      if (seconds === 0) yield { member, placement };
      else {
        failures.push(new BridgeError("no_capacity", `${name}: ${placement.region} ${placement.size} had no capacity a moment ago`, { backend: name, outcome: "none", retryAfterSeconds: seconds }));
        await note({ backend: name, placement, verdict: "skipped", reason: "no_capacity", message: `failed a moment ago; tried again in ${seconds} s`, milliseconds: 0 });
      }
    }
  }
}

function newRecord({ requestKey, deadlineMs, setting, options }: ProvisionTask, { backend }: FleetMember, placement: Placement, attempt: number): AttemptRecord {
  const salt = Buffer.from(options.makeSalt?.() ?? new Uint8Array()).toString("base64");
  return { attempt, backend: backend.name, placement, requestKey, intentAtMs: setting.now(), deadlineMs, salt };
}

/** Closes a failed attempt before the next may start; when that fails, nothing more is tried. */
async function clear({ backend }: FleetMember, error: BridgeError, ref: NonNullable<BridgeError["ref"]>, routing: readonly RoutingStep[], signal?: AbortSignal): Promise<void> {
  try {
    await backend.terminate(ref, signal === undefined ? {} : { signal });
  } catch (thrown) {
    throw new BridgeError(error.code, `${error.message}; and what it may have left could not be terminated: ${toBridgeError(thrown).message}`, {
      backend: backend.name, operation: "provision", outcome: error.outcome ?? "unknown", ref, routing, cause: new AggregateError([error, thrown]),
    });
  }
}

const withRouting = (error: BridgeError, routing: readonly RoutingStep[]): BridgeError => toBridgeError(error, { routing });

/** Every candidate failed: the only error itself, or one that holds them all. */
function allFailed({ grant }: ProvisionTask, failures: readonly BridgeError[], routing: readonly RoutingStep[]): BridgeError {
  const [only, ...more] = failures;
  if (only === undefined) return new BridgeError("no_backend_can_satisfy", `no backend has a placement for request "${grant.requestId}"`, { outcome: "none", routing });
  if (more.length === 0) return withRouting(only, routing);
  const waits = failures.flatMap(({ retryAfterSeconds }) => retryAfterSeconds ?? []);
  const details: BridgeErrorDetails = { outcome: "none", routing, cause: new AggregateError(failures), ...(waits.length > 0 ? { retryAfterSeconds: Math.min(...waits) } : {}) };
  const lines = failures.map(({ backend, code, message }) => `  ${backend ?? "?"}: ${code}: ${message}`);
  const code = failures.every((failure) => failure.code === only.code) ? only.code : (failures.find(({ retryable }) => retryable) ?? only).code;
  return new BridgeError(code, `every candidate for request "${grant.requestId}" failed:\n${lines.join("\n")}`, details);
}
