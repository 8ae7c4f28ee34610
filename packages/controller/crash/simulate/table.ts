import { killPoints } from "../../src/probe.ts";
import { faultKinds } from "./faults.ts";
import type { Tally } from "./tally.ts";

const outcomes = ["exited", "deadline", "terminated", "lost", "failed"] as const;

const line = (name: string, values: readonly (number | string)[]): string => `${name.padEnd(28)}${values.map((value) => String(value).padStart(11)).join("")}`;

/** Kill points with how often they were passed, how often a process died there, and how the grants of those histories ended. */
export function killPointTable(tally: Tally): string {
  return [
    line("kill point", ["passed", "killed", ...outcomes]),
    ...killPoints.map((point) => line(point, [tally.of("passed", point), tally.of("killed", point), ...outcomes.map((outcome) => tally.of(`after ${point}`, outcome))])),
  ].join("\n");
}

/** What went wrong, how processes ended, and how grants did. */
export function countTables(tally: Tally): string {
  const rowsOf = (table: string, rows: readonly string[] = Object.keys(tally.counts[table] ?? {}).sort()) => rows.map((row) => line(row, [tally.of(table, row)]));
  return [
    line("fault", ["times"]), ...rowsOf("faults", faultKinds), ...rowsOf("clock"), "",
    line("stranger on the platform", ["times"]), ...rowsOf("strangers"), "",
    line("end of a process", ["times"]), ...rowsOf("ends"), "",
    line("outcome of a grant", ["times"]), ...rowsOf("outcomes"),
  ].join("\n");
}

/** Kill points at which no process died. */
export const untried = (tally: Tally): readonly string[] => killPoints.filter((point) => tally.of("killed", point) === 0);
