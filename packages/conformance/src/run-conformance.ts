import { BridgeError } from "@bridge/core";
import { checkPlugin } from "@bridge/core/backend";
import { allCases } from "./all-cases.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { type CaseLimits, type CaseResult, runCase } from "./run-case.ts";
import type { Subject, SubjectFactory } from "./subject.ts";

/** How a run is to go. */
export interface ConformanceOptions extends Pick<CaseLimits, "timeoutSeconds" | "maxInstances" | "owner" | "signal" | "leasesEndAtMs"> {
  /** Only cases whose name or rule contains this text, or one of these. Default: all. */
  readonly only?: string | readonly string[];
  /** Ends the run after the first failed case. Default false. */
  readonly bail?: boolean;
  /** How many cases run side by side; most of their time is waiting. Default 1. */
  readonly concurrency?: number;
  /** Called after every case. */
  readonly onResult?: (result: CaseResult) => void;
}

/** What a run came to. */
export interface Report {
  /** Name of the plugin. */
  readonly backend: string;
  readonly results: readonly CaseResult[];
  /** Declared differences with their reasons. */
  readonly differences: Readonly<Record<string, string>>;
}

/**
 * The cases that a filter leaves.
 *
 * @throws BridgeError `invalid_option` when it leaves none.
 */
export function selectCases(only: ConformanceOptions["only"]): readonly ConformanceCase[] {
  const words = only === undefined ? [] : [only].flat();
  const selected = allCases.filter(({ name, rule }) => words.length === 0 || words.some((word) => `rule ${rule}: ${name}`.includes(word)));
  if (selected.length === 0) throw new BridgeError("invalid_option", `no case has ${words.map((word) => `"${word}"`).join(" or ")} in its name`);
  return selected;
}

/** A subject whose plugin has been checked. @throws BridgeError `contract_mismatch` with all problems. */
export async function makeSubject(factory: SubjectFactory): Promise<Subject> {
  const subject = await factory();
  checkPlugin(subject.plugin, "the subject's plugin");
  return subject;
}

/**
 * Runs the conformance cases, each on a fresh subject. Failed cases are results, not errors.
 *
 * @throws BridgeError `contract_mismatch` when the subject's plugin is none of contract 1; `invalid_option` when `only` fits no case.
 */
export async function runConformance(factory: SubjectFactory, { only, bail = false, concurrency = 1, onResult, ...limits }: ConformanceOptions = {}): Promise<Report> {
  const cases = selectCases(only);
  const results = new Map<ConformanceCase, CaseResult>();
  const waiting = [...cases];
  let described: Subject | undefined;
  let ended = false;
  const runSome = async () => {
    for (let each = waiting.shift(); each !== undefined && !ended; each = waiting.shift()) {
      const subject = await makeSubject(factory);
      described ??= subject;
      const result = await runCase(each, subject, limits);
      results.set(each, result);
      onResult?.(result);
      ended ||= limits.signal?.aborted === true || (bail && result.status === "failed");
    }
  };
  const runs = await Promise.allSettled(Array.from({ length: concurrency }, () => runSome().catch((error: unknown) => {
    ended = true;
    throw error;
  })));
  // Only when all cases that had begun have cleaned up.
  for (const run of runs) if (run.status === "rejected") throw run.reason;
  return { backend: described?.plugin.name ?? "unknown", results: cases.map((each) => results.get(each) ?? notBegun(each)), differences: { ...described?.differences } };
}

/** Nobody may take for kept what nobody has looked at. */
const notBegun = ({ name, rule, why }: ConformanceCase): CaseResult =>
  ({ case: { name, rule, why }, status: "not observed", message: "the run was ended before this case began", milliseconds: 0 });
