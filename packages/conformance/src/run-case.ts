import type { ConformanceCase, Need } from "./conformance-case.ts";
import { cleanUp, disposeOf } from "./clean-up.ts";
import { Session, type SessionLimits } from "./session.ts";
import type { Subject } from "./subject.ts";

/** What a case came to. */
export interface CaseResult {
  readonly case: Pick<ConformanceCase, "name" | "rule" | "why">;
  /** `different`: by a declared difference. `not observed`: the subject lacks what is needed to see it; never a pass. */
  readonly status: "passed" | "failed" | "different" | "not observed";
  /** What went wrong, the reason of the difference, or what is missing. */
  readonly message?: string;
  /** How it was run, where that matters. */
  readonly notes?: readonly string[];
  readonly milliseconds: number;
}

/** Limits of one case. */
export interface CaseLimits extends SessionLimits {
  /** Seconds for the case without its cleaning up. Default: from the plugin's facts. */
  readonly timeoutSeconds?: number;
}

function has(subject: Subject, need: Need): boolean {
  if (need === "module") return subject.module !== undefined;
  if (need === "shared module") return subject.module !== undefined && subject.module.shared !== false;
  return subject.controls?.[need] !== undefined;
}

/** Why a case cannot be run on a subject; undefined when it can. */
export function whyNotRun({ needs = [], differs, machines = 1, unobservable }: ConformanceCase, subject: Subject, { maxInstances = Number.POSITIVE_INFINITY }: Pick<CaseLimits, "maxInstances"> = {}): Pick<CaseResult, "status" | "message"> | undefined {
  // Without SSH there is no login either.
  for (const difference of differs === "login" ? ["login", "ssh"] as const : differs === undefined ? [] : [differs]) {
    const reason = subject.differences?.[difference];
    if (reason !== undefined) return { status: "different", message: `${difference}: ${reason}` };
  }
  const missing = needs.filter((need) => !has(subject, need));
  if (missing.length > 0) return { status: "not observed", message: `needs ${missing.join(", ")} of the subject` };
  const nothing = unobservable?.(subject);
  if (nothing !== undefined) return { status: "not observed", message: nothing };
  return machines > maxInstances ? { status: "not observed", message: `needs ${machines} machines at once` } : undefined;
}

/** The longest that a case may take, in seconds: it provisions and terminates a few times. */
const usualSeconds = ({ seconds }: Session): number => 3 * (seconds.provision + seconds.terminate);

/** What a case throws when, on this run, what it is about did not come up. */
export class NotObserved extends Error {}

/** Runs one case on a subject of its own, ends what it made, and looks for leaks. Never throws. */
export async function runCase(each: ConformanceCase, subject: Subject, limits: CaseLimits = {}): Promise<CaseResult> {
  const startedMs = performance.now();
  const result = (rest: Omit<CaseResult, "case" | "milliseconds">): CaseResult =>
    ({ case: { name: each.name, rule: each.rule, why: each.why }, ...rest, milliseconds: Math.round(performance.now() - startedMs) });
  const excuse = whyNotRun(each, subject, limits);
  if (excuse !== undefined) {
    const complaints = await disposeOf(subject);
    return result(complaints.length === 0 ? excuse : { status: "failed", message: complaints.join("\n") });
  }
  const session = new Session(subject, limits);
  const problems: string[] = [];
  let unseen: string | undefined;
  try {
    await inTime(each.run(session), limits.timeoutSeconds ?? usualSeconds(session), limits.signal);
  } catch (error) {
    if (error instanceof NotObserved) unseen = error.message;
    else problems.push(error instanceof Error ? error.message : String(error));
  }
  problems.push(...await cleanUp(session));
  const notes = session.notes.length === 0 ? {} : { notes: session.notes };
  if (problems.length > 0) return result({ status: "failed", message: problems.join("\n"), ...notes });
  return unseen === undefined ? result({ status: "passed", ...notes }) : result({ status: "not observed", message: unseen, ...notes });
}

/** Bounds a case on the computer's clock, whatever clock its platform has. */
async function inTime(work: Promise<void>, seconds: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`the case took more than ${seconds} s`)), seconds * 1000);
  const onAbort = () => reject(new NotObserved("the run was ended before this case was"));
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted === true) onAbort();
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
