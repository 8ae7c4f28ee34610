import type { Diagnosis } from "@bridge/core";
import { openFleet } from "../config/open-fleet.ts";
import type { ConfigOptions } from "../config/locate-config.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Line, Style } from "../output/line.ts";
import type { Output, OutputOptions } from "../output/output.ts";
import { reaperFinding } from "../reaper/heartbeat.ts";

/** Options of `bridge doctor`. */
export interface DoctorOptions extends ConfigOptions, OutputOptions {
  /** Where `bridge reap` leaves its heartbeat. */
  readonly heartbeat?: string;
}

const styles = { fine: "green", warning: "yellow", failed: "red" } as const satisfies Record<string, Style>;

function findingLines({ backend, findings }: Diagnosis): readonly Line[] {
  return [[{ text: backend, style: "bold" }], ...findings.flatMap(({ subject, verdict, message, mend }): readonly Line[] => [
    ["  ", { text: verdict.padEnd(7), style: styles[verdict] }, `  ${subject}: ${message}`],
    ...(mend === undefined ? [] : [[{ text: `           ${mend}`, style: "dim" } as const]]),
  ])];
}

/** Looks for what would make grants fail, on every backend; creates nothing. Exit code 1 when a grant would fail. */
export async function doctor(options: DoctorOptions, output: Output): Promise<ExitCode> {
  const { fleet, path } = await openFleet(options, output);
  const diagnoses = await fleet.diagnose().finally(() => fleet.close());
  const needReaper = fleet.backends.filter(({ facts }) => facts.deadline === "reaper").map(({ name }) => name);
  const reaper: readonly Diagnosis[] = needReaper.length === 0 ? [] : [{ backend: "reaper", findings: [await reaperFinding(needReaper, path, options.heartbeat)] }];
  const all = [...diagnoses, ...reaper];
  const verdicts = all.flatMap(({ findings }) => findings.map(({ verdict }) => verdict));
  const count = (verdict: string) => verdicts.filter((each) => each === verdict).length;
  output.result({ config: path, diagnoses: all }, [...all.flatMap(findingLines), `${count("fine")} fine, ${count("warning")} to look at, ${count("failed")} failed`]);
  return count("failed") > 0 ? 1 : 0;
}
