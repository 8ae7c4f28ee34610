import { randomBytes } from "node:crypto";
import { parseOptions } from "@bridge/core/backend";
import { createAlmanac } from "@bridge/core";
import type { CaseResult } from "./run-case.ts";
import { type ConformanceOptions, type Report, runConformance } from "./run-conformance.ts";
import type { Subject } from "./subject.ts";

/** What a run on a real platform may cost. */
export interface LiveOptions extends Pick<ConformanceOptions, "only" | "bail" | "onResult" | "timeoutSeconds" | "signal"> {
  /** The most machines at once. Default 2. */
  readonly maxInstances?: number;
  /** Minutes after which no case goes on; what was made is terminated even then. Default 20. */
  readonly maxMinutes?: number;
}

/** A report with what was left on the platform at the very end. */
export interface LiveReport extends Report {
  readonly owner: string;
  /** What the last list shows of this run, or why it cannot be known, one line each. Empty: nothing is left. */
  readonly left: readonly string[];
}

/** Runs the cases that need no test platform on a real one: under one owner of its own, within limits, with a last look at what is left. */
export async function runLive(subject: Subject, { maxInstances = 2, maxMinutes = 20, signal, ...options }: LiveOptions = {}): Promise<LiveReport> {
  const { controls: _controls, dispose, ...live } = subject;
  const owner = `conformance-${randomBytes(5).toString("hex")}`;
  const timeLimit = AbortSignal.timeout(maxMinutes * 60_000);
  const ends = signal === undefined ? timeLimit : AbortSignal.any([timeLimit, signal]);
  const report = await runConformance(() => live, { ...options, owner, maxInstances, signal: ends });
  const left = await lastLook(live, owner);
  await dispose?.();
  return { ...report, owner, left: [...left, ...report.results.filter(isLeak).map(({ case: { name } }) => `"${name}" reported a leak`)] };
}

const isLeak = ({ message = "" }: CaseResult): boolean => /^leak: /m.test(message);

async function lastLook({ plugin, options }: Subject, owner: string): Promise<readonly string[]> {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const backend = plugin.create(parseOptions(plugin.optionsSchema, options, plugin.name), { name: plugin.name, owner, ledgerId: "ledger-audit", log, now: Date.now, almanac: createAlmanac() });
  try {
    const { scopes, instances } = await backend.list();
    const unknown = scopes.filter(({ complete }) => !complete).map(({ scope, error }) => `not known for scope ${scope}: ${String(error)}`);
    const alive = instances.filter(({ kind, state }) => kind !== "machine" || state !== "ended");
    return [...unknown, ...alive.map(({ kind, instanceId, scope, state }) => `${kind} ${instanceId} in ${scope} (${state})`)];
  } catch (error) {
    return [`the last list failed: ${String(error)}`];
  } finally {
    await backend.close?.();
  }
}
