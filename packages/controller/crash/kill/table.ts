import type { Outcome } from "./run-case.ts";

/** Prints a line for each death: where, what the ledger held, what became of the grant. */
export function printTable(outcomes: readonly Outcome[]): void {
  const lines = outcomes.map(({ at, scenario, platform, found, result, seconds, problems }) =>
    [at, scenario, platform, found, result, `${seconds.toFixed(1)} s`, problems.length === 0 ? "ok" : "FAILED"]);
  const head = ["killed at", "life", "on", "ledger then: grant, attempts", "in the end", "took", ""];
  const widths = head.map((_title, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)));
  for (const line of [head, ...lines]) console.log(line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}
