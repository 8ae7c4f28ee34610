import { BridgeError, type ComputeGrant, type Envelope, type InstanceRef, type ProvisionContext } from "@bridge/core/backend";
import type { ControlStatus } from "../control-protocol.ts";
import type { RawMachine } from "../platform.ts";
import { monotonicMs, sleep } from "../wait.ts";
import { machineOf } from "./find-machine.ts";
import type { MachineSetting } from "./setting.ts";
import { startWorkload } from "./start-workload.ts";

/** A machine that runs its workload, and what its control channel said. */
export interface ReadyMachine extends RunningMachine {
  readonly status: ControlStatus;
}

/** A machine that is listed as running, and where SSH should answer. */
export interface RunningMachine {
  readonly machine: RawMachine;
  readonly host: string;
  readonly port: number;
}

/** What readiness works with. */
export interface Readiness {
  readonly setting: MachineSetting;
  readonly grant: ComputeGrant;
  readonly envelope: Envelope;
  readonly context: ProvisionContext;
  readonly ref: InstanceRef & { readonly instanceId: string };
  readonly signal: AbortSignal;
}

const longestPauseMs = 1000;

/**
 * Waits until the machine runs and answers SSH with its host key, and starts the workload unless an earlier call did.
 * Between two lists it tries to connect again and again.
 *
 * @throws BridgeError `host_key_mismatch` or `timeout` after `readyTimeoutSeconds`, as the last connection says, also when a
 * later list failed; `unavailable` when
 * the machine ends or cannot be listed; `unsupported` when TDX is required and the platform does not confirm it.
 */
export async function becomeReady(readiness: Readiness): Promise<ReadyMachine> {
  const { setting: { facts, pollMs }, context, signal } = readiness;
  const untilMs = monotonicMs() + facts.readyTimeoutSeconds * 1000;
  const look = machineLook(readiness);
  const start = startWorkload(readiness);
  let shown: BridgeError | undefined;
  let listError: BridgeError | undefined;
  let listed = true;
  context.progress("booting");
  for (;;) {
    const { running, error } = await look();
    listError = error ?? listError;
    listed = error === undefined || running !== undefined;
    const pauseAtMs = Math.min(untilMs, monotonicMs() + pollMs);
    for (let pauseMs = 50; running !== undefined; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      const { status, error: startError, cutShort } = await start(running, untilMs);
      if (status !== undefined) return { ...running, status };
      // What the machine showed in an earlier try stands, if this one saw nothing.
      if (!cutShort || shown === undefined) shown = startError;
      if (monotonicMs() + pauseMs >= pauseAtMs) break;
      await sleep(pauseMs, signal);
    }
    if (monotonicMs() >= untilMs) throw notReady(facts.readyTimeoutSeconds, shown ?? listError, listed);
  }
}

function notReady(seconds: number, last: BridgeError | undefined, listed: boolean): BridgeError {
  if (last === undefined) return new BridgeError("timeout", `the machine did not run within ${seconds} s`);
  const code = !listed ? "unavailable" : last.code === "host_key_mismatch" ? "host_key_mismatch" : "timeout";
  return new BridgeError(code, `the machine was not ready within ${seconds} s; at last: ${last.message}`, { cause: last });
}

/** Looks at the shared list for the machine, the first time at once; keeps what it saw when a list fails. */
function machineLook({ setting, grant, ref, signal }: Readiness): () => Promise<{ running?: RunningMachine; error?: BridgeError }> {
  const poller = setting.poller(ref.scope);
  let atOnce = true;
  let absentSinceMs: number | undefined;
  let running: RunningMachine | undefined;
  return async () => {
    const { snapshot, error } = await poller.next({ atOnce, signal });
    atOnce = false;
    if (error !== undefined && ["aborted", "unauthorized", "forbidden"].includes(error.code)) throw error;
    if (error !== undefined) return { ...(running === undefined ? {} : { running }), error };
    const machine = machineOf(snapshot, ref);
    if (machine === undefined) {
      absentSinceMs ??= snapshot.startedMs;
      if (snapshot.startedMs - absentSinceMs < setting.facts.settleSeconds * 1000) return {};
      throw new BridgeError("unavailable", `machine ${ref.instanceId} is gone before it was ready`);
    }
    absentSinceMs = undefined;
    if (machine.state === "ending" || machine.state === "ended") {
      throw new BridgeError("unavailable", `machine ${machine.id} ended before it was ready`);
    }
    running = undefined;
    if (machine.state !== "running" || machine.host === undefined) return {};
    if (grant.manifest.tdx === "required" && machine.tdx !== true) {
      throw new BridgeError("unsupported", `machine ${machine.id} is no trust domain by the platform's word; the grant requires Intel TDX`);
    }
    running = { machine, host: machine.host, port: machine.sshPort ?? 22 };
    return { running };
  };
}
