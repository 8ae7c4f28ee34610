import { BridgeError, toBridgeError } from "@bridge/core";
import type { FaultKind } from "./faults.ts";
import type { Life } from "./life.ts";

/** One request to the platform. */
export interface Request<T> {
  readonly name: string;
  /** What it does when it arrives; what it throws is the platform's answer. */
  readonly arrive: () => T;
  readonly requestLost?: FaultKind;
  readonly answerLost?: FaultKind;
  readonly twice?: FaultKind;
  readonly hangs?: FaultKind;
  readonly slow?: { readonly kind: FaultKind; readonly ms: number };
  /** Definite refusals: nothing is done. */
  readonly refused?: readonly (readonly [FaultKind, () => BridgeError])[];
  readonly signal?: AbortSignal | undefined;
}

/** After so long a client gives up waiting for an answer. */
const patienceMs = 15_000;

/** What is between a process and the platform: it takes time, loses things, and delivers some twice. */
export function send<T>(life: Life, request: Request<T>): Promise<T> {
  const { world: { scheduler, random, faults, say } } = life;
  return new Promise((resolve, reject) => {
    if (!life.isAlive) return;
    const strikes = (kind: FaultKind | undefined) => kind !== undefined && faults.strikes(kind);
    const who = `process ${life.number}`;
    const { signal, name } = request;
    const end = (settle: () => void) => {
      signal?.removeEventListener("abort", onAbort);
      if (life.isAlive) settle();
    };
    const onAbort = () => end(() => reject(new BridgeError("aborted", "the caller ended the call")));
    const later = (ms: number, call: () => void) => void scheduler.after(ms, call);
    /** Whether a request gets out of a process that dies in between is chance. */
    const isOnItsWay = () => life.isAlive || random.chance(0.8);
    const latencyMs = () => random.pick([0, 1, 20, 20, 200, 2000]);
    if (strikes(request.hangs)) {
      say(who, () => `${name} hangs`);
      if (random.chance(0.5)) later(latencyMs(), () => void (isOnItsWay() && attempt(request.arrive)));
      return;
    }
    const refusal = request.refused?.find(([kind]) => strikes(kind));
    if (refusal !== undefined) {
      say(who, () => `${refusal[0]}: ${name}`);
      later(latencyMs(), () => end(() => reject(refusal[1]())));
      return;
    }
    const isLost = strikes(request.requestLost);
    const isUnheard = strikes(request.answerLost);
    const slowMs = request.slow !== undefined && strikes(request.slow.kind) ? request.slow.ms : 0;
    if (isLost || isUnheard || slowMs > 0) say(who, () => `${name}: ${[isLost ? "request lost" : "", isUnheard ? "answer lost" : "", slowMs > 0 ? `${slowMs} ms slow` : ""].filter((text) => text !== "").join(", ")}`);
    const thereMs = latencyMs() + slowMs;
    const backMs = latencyMs();
    if (signal !== undefined) {
      if (signal.aborted) return void reject(new BridgeError("aborted", "the caller ended the call"));
      signal.addEventListener("abort", onAbort, { once: true });
    }
    if (!isLost) {
      later(thereMs, () => {
        if (!isOnItsWay()) return;
        const answer = attempt(request.arrive);
        if (!isUnheard && thereMs + backMs < patienceMs) later(backMs, () => end(() => ("value" in answer ? resolve(answer.value) : reject(answer.error))));
      });
      if (strikes(request.twice)) later(thereMs + random.between(0, 10_000), () => void attempt(request.arrive));
    }
    if (isLost || isUnheard || thereMs + backMs >= patienceMs) later(patienceMs, () => end(() => reject(new BridgeError("timeout", `${name} was not answered`))));
  });
}

function attempt<T>(call: () => T): { readonly value: T } | { readonly error: BridgeError } {
  try {
    return { value: call() };
  } catch (error) {
    return { error: toBridgeError(error) };
  }
}
