import { randomBytes } from "node:crypto";
import { disposeOf } from "./clean-up.ts";
import { leftoversOf } from "./leftovers.ts";
import type { CaseResult } from "./run-case.ts";
import { type ConformanceOptions, type Report, runConformance } from "./run-conformance.ts";
import type { Subject } from "./subject.ts";

/** What a run on a real platform may cost. */
export interface LiveOptions extends Pick<ConformanceOptions, "only" | "bail" | "onResult" | "timeoutSeconds" | "signal"> {
  /** The most machines at once. Default 2. */
  readonly maxInstances?: number;
  /** Minutes after which no case goes on; what was made is terminated even then. Default 20, at most 1440. */
  readonly maxMinutes?: number;
  /** Called before the first machine, with what finds the machines if this process is killed. */
  readonly onStart?: (start: { readonly owner: string; readonly endsAtMs: number }) => void;
}

/** A report with what was left on the platform at the very end. */
export interface LiveReport extends Report {
  readonly owner: string;
  /** What the last list shows of this run, or why it cannot be known, one line each. Empty: nothing is left. */
  readonly left: readonly string[];
  /** Why cases were not run to their end; absent when all were. */
  readonly endedEarly?: "time" | "leak" | "interrupted";
  /** Why the subject's `dispose` failed, one line each. */
  readonly complaints: readonly string[];
}

/** Runs the cases that need no test platform on a real one: under one owner of its own, within limits, with a last look at what is left. */
export async function runLive(subject: Subject, { maxInstances = 2, maxMinutes = 20, signal, onStart, onResult, ...options }: LiveOptions = {}): Promise<LiveReport> {
  const { controls: _controls, dispose: _dispose, ...live } = subject;
  const owner = `conformance-${randomBytes(5).toString("hex")}`;
  const endsAtMs = Date.now() + maxMinutes * 60_000;
  const timeLimit = AbortSignal.timeout(maxMinutes * 60_000);
  const leaked = new AbortController();
  const ends = AbortSignal.any([timeLimit, leaked.signal, ...(signal === undefined ? [] : [signal])]);
  let disposed = false;
  try {
    onStart?.({ owner, endsAtMs });
    const report = await runConformance(() => live, {
      ...options, owner, maxInstances, signal: ends, leasesEndAtMs: endsAtMs,
      onResult: (result) => {
        onResult?.(result);
        // What cannot be ended counts against the machines that are allowed, and more would come.
        if (isLeak(result)) leaked.abort();
      },
    });
    const left = await leftoversOf(live, owner);
    const early = signal?.aborted === true ? "interrupted" : leaked.signal.aborted ? "leak" : timeLimit.aborted ? "time" : undefined;
    disposed = true;
    return { ...report, owner, left, complaints: await disposeOf(subject), ...(early === undefined ? {} : { endedEarly: early }) };
  } finally {
    if (!disposed) await disposeOf(subject);
  }
}

const isLeak = ({ message = "" }: CaseResult): boolean => /^leak: |^the leak audit failed/m.test(message);
