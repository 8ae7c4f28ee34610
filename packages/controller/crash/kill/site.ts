import type { RunnerBackend } from "../runner-config.ts";

/** A machine that once was, by the platform's own books. */
export interface MadeMachine {
  readonly requestKey: string;
  readonly attempt: number;
  readonly madeAtMs: number;
  /** Absent: the books do not say; the workload's own do. */
  readonly endedAtMs?: number;
}

/** What fails at the first attempt of a grant: `refused` by the platform; `unknown`: an answer that is lost. */
export type FirstAttempt = "served" | "refused" | "unknown";

/** What a site is for. */
export interface SiteOptions {
  readonly owner: string;
  /** An empty folder of its own, removed by somebody else. */
  readonly folder: string;
  readonly firstAttempt: FirstAttempt;
  /** A number that stands for the weather, where a platform has any. */
  readonly seed: number;
}

/** A platform with its books, which outlive every runner. */
export interface Site {
  readonly backends: readonly RunnerBackend[];
  /** Where a runner says at which request it is to be killed; absent where the platform cannot. */
  readonly trap?: string;
  /** By how much more its own times and lists may be off, where they are coarse or late; default 0. */
  readonly offBySeconds?: number;
  /** By how much a grant must be good for longer, where everything takes longer; default 0. */
  readonly slowBySeconds?: number;
  /** Called by the trap. */
  kill: () => void;
  /** The next list does not show what was just made; absent: lists are never stale. */
  hideOnce?(): Promise<void>;
  made(): Promise<readonly MadeMachine[]>;
  /** What is still there of the owner's grants. */
  left(): Promise<readonly string[]>;
  /** What else is not as it must be, one sentence each. */
  wrong(): Promise<readonly string[]>;
  /** Ends everything. */
  close(): Promise<void>;
}
