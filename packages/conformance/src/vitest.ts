import { afterAll, describe, test } from "vitest";
import { formatResult, formatSummary } from "./report.ts";
import { type CaseResult, runCase, whyNotRun } from "./run-case.ts";
import { type ConformanceOptions, makeSubject, selectCases } from "./run-conformance.ts";
import type { SubjectFactory } from "./subject.ts";

/**
 * Registers one vitest test per case that can be observed on the subject, and prints the others with their reasons and all
 * declared differences at the end; they never count as passed.
 *
 * @param options `name`: title of the suite, default the plugin's name. `concurrent`: whether cases run side by side, as many
 * as vitest's `maxConcurrency`; default false.
 */
export async function conformance(factory: SubjectFactory, { name, only, concurrent = false, ...limits }: Pick<ConformanceOptions, "only" | "timeoutSeconds"> & { readonly name?: string; readonly concurrent?: boolean } = {}): Promise<void> {
  const subject = await makeSubject(factory);
  await subject.dispose?.();
  const results: CaseResult[] = [];
  const cases = selectCases(only).map((each) => ({ each, excuse: whyNotRun(each, subject) }));
  describe(`conformance of ${name ?? subject.plugin.name}`, { concurrent }, () => {
    for (const { each, excuse } of cases) {
      const described = { name: each.name, rule: each.rule, why: each.why };
      if (excuse !== undefined) results.push({ case: described, ...excuse, milliseconds: 0 });
      else {
        test(`rule ${each.rule}: ${each.name}`, { timeout: 600_000 }, async ({ skip }) => {
          const result = await runCase(each, await makeSubject(factory), limits);
          results.push(result);
          if (result.status === "failed") throw new Error(`${result.message ?? "failed"}\nwhy it matters: ${each.why}`);
          if (result.status !== "passed") skip(`${result.status}: ${result.message ?? ""}`);
        });
      }
    }
    afterAll(() => {
      const unseen = results.filter(({ status }) => status !== "passed" && status !== "failed");
      // eslint-disable-next-line no-console -- the one place in which vitest lets a suite print
      console.log([...unseen.map(formatResult), formatSummary({ backend: subject.plugin.name, results, differences: { ...subject.differences } })].join("\n"));
    });
  });
}
