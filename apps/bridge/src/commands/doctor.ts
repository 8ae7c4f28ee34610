import type { Diagnosis } from "@bridge/core";
import { openFleet } from "../config/open-fleet.ts";
import type { ConfigOptions } from "../config/locate-config.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Line, Style } from "../output/line.ts";
import type { Output, OutputOptions } from "../output/output.ts";
import { heartbeatPath, reaperFinding } from "../reaper/heartbeat.ts";

/** Options of `bridge doctor`. */
export interface DoctorOptions extends ConfigOptions, OutputOptions {
  /** Where `bridge reap` leaves its heartbeat. */
  readonly heartbeat?: string;
  /** The longest wait for each answer of a backend. */
  readonly timeoutSeconds?: number;
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
  const { fleet, config: { owner }, path } = await openFleet(options, output);
  const { timeoutSeconds } = options;
  const diagnoses = await fleet.diagnose(timeoutSeconds === undefined ? {} : { timeoutSeconds }).finally(() => fleet.close());
  const needReaper = fleet.backends.filter(({ facts }) => facts.deadline === "reaper").map(({ name }) => name);
  const reaper = needReaper.length === 0 ? [] : [await reaperFinding(needReaper, { owner, path: heartbeatPath(path, options.heartbeat) })];
  const verdicts = [...diagnoses.flatMap(({ findings }) => findings), ...reaper].map(({ verdict }) => verdict);
  const count = (verdict: string) => verdicts.filter((each) => each === verdict).length;
  const lines = [...diagnoses, ...(reaper.length === 0 ? [] : [{ backend: "this installation", findings: reaper }])].flatMap(findingLines);
  output.result({ config: path, diagnoses, reaper: reaper[0] }, [...lines, `${count("fine")} fine, ${count("warning")} to look at, ${count("failed")} failed`]);
  return count("failed") > 0 ? 1 : 0;
}
