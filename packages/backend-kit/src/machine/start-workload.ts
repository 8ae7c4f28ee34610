import { type BridgeError, isBridgeError } from "@bridge/core/backend";
import { connectControl, type ControlSession } from "../control/control-session.ts";
import type { ControlStatus, StartRequest } from "../control-protocol.ts";
import { monotonicMs } from "../wait.ts";
import type { Readiness, RunningMachine } from "./ready.ts";

const connectTimeoutSeconds = 10;
const verbTimeoutSeconds = 30;

/** `cutShort`: the time was over before anything was seen of the machine. */
type Try =
  | { readonly status: ControlStatus; readonly error?: undefined; readonly cutShort?: undefined }
  | { readonly status?: undefined; readonly error: BridgeError; readonly cutShort: boolean };

/** What the machine is told when its workload starts. */
function startRequest({ envelope, context }: Readiness): StartRequest {
  const { requestKey, attempt, keys } = context;
  const { imageReference, pullCredentials, command, environment } = envelope;
  return {
    version: 1, requestKey, attempt,
    sshPublicKey: keys.requesterPublicKey,
    exitMac: Buffer.from(keys.exitMac).toString("base64"),
    ...(imageReference === undefined ? {} : { imageReference }),
    ...(pullCredentials === undefined ? {} : { pullCredentials }),
    ...(command === undefined ? {} : { command }),
    ...(environment === undefined ? {} : { environment }),
  };
}

/**
 * Makes a function that tries once to connect and to start the workload; what went wrong with the machine is its answer,
 * so that it can be tried again. Each try asks for the status first and starts only a machine that waits: an answer that
 * was lost does not start it twice.
 *
 * @throws whatever `onReady` throws; BridgeError `aborted`.
 */
export function startWorkload(readiness: Readiness): (running: RunningMachine, untilMs: number) => Promise<Try> {
  const { context, ref, signal } = readiness;
  let announced = false;
  return async ({ host, port }, untilMs) => {
    const bounded = (seconds: number) => Math.max(0.001, Math.min(seconds, (untilMs - monotonicMs()) / 1000));
    const connectSeconds = bounded(connectTimeoutSeconds);
    const failed = (error: BridgeError, cutShort = false): Try => ({ error, cutShort });
    let session: ControlSession | undefined;
    try {
      if (!announced) context.progress("connecting");
      const opened = await attempt(() => connectControl({
        host, port, hostKey: context.keys.host.publicKey, privateKey: context.keys.control.privateKey,
        connectTimeoutSeconds: connectSeconds, signal,
      }));
      if (opened.error !== undefined) return failed(opened.error, opened.error.code === "timeout" && connectSeconds < connectTimeoutSeconds);
      session = opened.answer;
      const { answer: status, error } = await attempt(() => opened.answer.run("status", { timeoutSeconds: bounded(verbTimeoutSeconds), signal }));
      if (error !== undefined) return failed(error);
      if (!announced) await context.onReady(ref);
      announced = true;
      if (status.state !== "waiting") return { status };
      context.progress("starting");
      const started = await attempt(() => opened.answer.run("start", { timeoutSeconds: bounded(verbTimeoutSeconds), signal, request: startRequest(readiness) }));
      return started.error === undefined ? { status: started.answer } : failed(started.error);
    } finally {
      session?.close();
    }
  };
}

/** Errors of a machine that may still become ready; others are thrown. */
async function attempt<T>(call: () => Promise<T>): Promise<{ readonly answer: T; readonly error?: undefined } | { readonly answer?: undefined; readonly error: BridgeError }> {
  try {
    return { answer: await call() };
  } catch (error) {
    if (isBridgeError(error) && ["unavailable", "timeout", "host_key_mismatch"].includes(error.code)) return { error };
    throw error;
  }
}
