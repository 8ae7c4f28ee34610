import type { TestModule } from "vitest/node";
import { type Skip, readSkip } from "./skips.ts";

/** What a run came to. */
export interface Tally {
  readonly passed: number;
  /** Tests, and files and suites that broke outside of a test. */
  readonly failed: number;
  readonly skips: readonly Skip[];
}

/** Counts a run. `unhandledErrors` are those that vitest could not lay to a test. */
export function tallyOf(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Tally {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const broken = suites.filter((suite) => suite.errors().length > 0).length;
  const skips = tests.flatMap((test) => {
    const result = test.result();
    return result.state === "skipped" ? [readSkip(test.fullName, result.note)] : [];
  });
  const count = (state: string) => tests.filter((test) => test.result().state === state).length;
  // A test still pending when the run ends was cut off by a crash.
  return { passed: count("passed"), failed: count("failed") + count("pending") + broken + unhandledErrors.length, skips };
}
