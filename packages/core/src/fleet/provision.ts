import type { ComputeGrant, Envelope, Placement, ProvisionedInstance } from "../backend/words.ts";
import { BridgeError, type BridgeErrorDetails, toBridgeError } from "../errors/bridge-error.ts";
import { type AttemptSetting, refOfAttempt, runAttempt } from "./attempt.ts";
import type { AttemptRecord, ProvisionOptions } from "./fleet-options.ts";
import type { FleetHealth } from "./health.ts";
import { finalCodes, guardHooks } from "./hooks.ts";
import type { FleetMember } from "./members.ts";
import { refOf } from "../instance/instance-codec.ts";
import { allFailed, nobodyCan, withRouting } from "./failures.ts";
import { candidatesOf, choices, noteRefusals } from "./choices.ts";
import type { Verdict } from "./route.ts";
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
  await noteRefusals(verdicts, note);
  const candidates = candidatesOf(verdicts);
  if (candidates.length === 0 && options.resume === undefined) throw nobodyCan(task.grant, verdicts, routing);

  let attempt = (options.resume?.attempt ?? 1) - 1;
  const first = attempt + 1;
  for await (const { member, placement, resumed } of candidatesInOrder(task, candidates, note, failures)) {
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
      rememberFailure(task, record, error);
      if (task.fallback === "never" || finalCodes.includes(error.code)) throw withRouting(error, routing);
      // A refusal of a replay says nothing about what an earlier process asked for.
      if (error.outcome !== "none" || resumed !== undefined) await clear(member, error, error.ref ?? ref, routing, options.signal);
      setting.log.warn({ backend: record.backend, attempt, code: error.code, error: error.message }, "attempt failed");
      continue;
    }
    await note(step("served", "ok"), { backend: record.backend, operation: "provision", outcome: "exists", ref: refOf(instance) });
    return instance;
  }
  throw allFailed(task.grant, failures, routing);
}

/** The resumed attempt first, then every choice that is left. */
async function* candidatesInOrder(task: ProvisionTask, candidates: readonly FleetMember[], note: (step: RoutingStep) => Promise<void>, failures: BridgeError[]):
  AsyncGenerator<{ member: FleetMember; placement: Placement; resumed?: AttemptRecord }> {
  const { resume, signal } = task.options;
  if (resume !== undefined) {
    const member = task.verdicts.find((verdict) => verdict.member.backend.name === resume.backend)?.member;
    if (member === undefined) throw new BridgeError("unknown_backend", `the attempt to resume belongs to backend "${resume.backend}", which is not registered in this fleet`);
    yield { member, placement: resume.placement, resumed: resume };
  }
  yield* choices({ grant: task.grant, candidates, health: task.health, note, failures, signal });
}

/** What a Fleet learns from an attempt that failed. */
export function rememberFailure({ health, setting }: Pick<ProvisionTask, "health" | "setting">, { backend, placement }: AttemptRecord, error: BridgeError): void {
  if (health.remember(backend, placement, error)) {
    setting.log.error({ backend, code: error.code, error: error.message }, "backend is unhealthy: its credentials or configuration are wrong");
  }
}

function newRecord({ requestKey, deadlineMs, setting, options }: ProvisionTask, { backend }: FleetMember, placement: Placement, attempt: number): AttemptRecord {
  const salt = Buffer.from(options.makeSalt?.() ?? new Uint8Array()).toString("base64");
  return { attempt, backend: backend.name, placement, requestKey, intentAtMs: setting.now(), deadlineMs, salt, keyVersion: setting.keyring.version };
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

