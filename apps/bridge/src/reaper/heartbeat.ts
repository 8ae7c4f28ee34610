import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Finding } from "@bridge/core";

/** What a reaper leaves behind after each run. */
export interface Heartbeat {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly owner: string;
  readonly ended: number;
  readonly failed: number;
  readonly passedOver: number;
}

const quietMs = 3_600_000;

/** Where the heartbeat is, unless an option says otherwise: beside the boot config. */
export const heartbeatPath = (configPath: string, given: string | undefined): string => given ?? join(dirname(configPath), "bridge-reaper.json");

/** Leaves a heartbeat; whoever reads it sees this one or the one before, never half of one. */
export async function leaveHeartbeat(path: string, heartbeat: Heartbeat): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(heartbeat)}\n`);
  await rename(`${path}.new`, path);
}

/** Whether a reaper has reported within the hour. */
export async function reaperFinding(backends: readonly string[], configPath: string, given: string | undefined): Promise<Finding> {
  const path = heartbeatPath(configPath, given);
  const subject = "reaper";
  const mend = `run "bridge reap" every few minutes, best on another machine than Bridge: on ${backends.join(", ")} nobody else ends what is billed when Bridge is gone`;
  const found = await readFile(path, "utf8").then((text) => JSON.parse(text) as Partial<Heartbeat>, () => undefined); // checked below
  const { atMs } = found ?? {};
  if (typeof atMs !== "number") return { subject, verdict: "warning", message: `required by ${backends.join(", ")}, and none has reported in ${path}`, mend };
  const minutes = Math.round((Date.now() - atMs) / 60_000);
  if (Date.now() - atMs > quietMs) return { subject, verdict: "warning", message: `last reported ${minutes} minutes ago, in ${path}`, mend };
  return { subject, verdict: "fine", message: `reported ${minutes} minutes ago` };
}
