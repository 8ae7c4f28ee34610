import type { CaseResult } from "./run-case.ts";
import type { Report } from "./run-conformance.ts";

/** How many cases came to each status. */
export function countResults(results: readonly CaseResult[]): Readonly<Record<CaseResult["status"], number>> {
  const count = (status: CaseResult["status"]) => results.filter((result) => result.status === status).length;
  return { passed: count("passed"), failed: count("failed"), different: count("different"), "not observed": count("not observed") };
}

/** One result as lines of text: status, rule, name, time; below it what there is to say. */
export function formatResult({ case: { name, rule, why }, status, message, notes = [], milliseconds }: CaseResult): string {
  const indent = (text: string) => text.split("\n").map((line) => `\n             ${line}`).join("");
  const label = typeof rule === "number" ? `rule ${rule}` : rule;
  const head = `${status.padEnd(12)} ${label.padEnd(12)} ${name}${status === "passed" || status === "failed" ? `  (${milliseconds} ms)` : ""}`;
  return `${head}${indent(notes.join("\n")).trimEnd()}${message === undefined ? "" : indent(message)}${status === "failed" ? indent(`why it matters: ${why}`) : ""}`;
}

/** Declared differences and counts: what is printed at the end of every run. */
export function formatSummary({ backend, results, differences }: Report): string {
  const { passed, failed, different, "not observed": unseen } = countResults(results);
  const seconds = results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
  const declared = Object.entries(differences).map(([name, reason]) => `declared difference: ${name}: ${reason}`);
  return [...declared, `${backend}: ${passed} passed, ${failed} failed, ${different} different, ${unseen} not observed; ${seconds.toFixed(1)} s`].join("\n");
}

/** The whole report as a table. */
export function formatReport(report: Report): string {
  return [...report.results.map(formatResult), formatSummary(report)].join("\n");
}
