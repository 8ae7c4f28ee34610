import { randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Finding } from "@bridge/core";

/** What a reaper leaves behind after each run. */
export interface Heartbeat {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly owner: string;
  /** Attempts that were ended, and that could not be. */
  readonly ended: number;
  readonly failed: number;
  /** Scopes in which nothing was done. */
  readonly passedOver: number;
}

/** A reaper that was quiet for so long is missed. */
const quietMinutes = 60;

/** Where the heartbeat is, unless an option says otherwise: beside the boot config. */
export const heartbeatPath = (configPath: string, given: string | undefined): string => given ?? join(dirname(configPath), "bridge-reaper.json");

/** Leaves a heartbeat; whoever reads it sees this one or another one, never half of one, however many reapers run at once. */
export async function leaveHeartbeat(path: string, heartbeat: Heartbeat): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(temporary, `${JSON.stringify(heartbeat)}\n`, { flush: true });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Whether a reaper of this owner has reported within the hour, and could do its work everywhere. */
export async function reaperFinding(backends: readonly string[], { owner, path }: { readonly owner: string; readonly path: string }): Promise<Finding> {
  const warning = (message: string, mend: string): Finding => ({ subject: "reaper", verdict: "warning", message, mend });
  const run = `run "bridge reap" every few minutes, best on another machine than Bridge, with --heartbeat in a place that both see: on ${backends.join(", ")} nobody else ends what is billed when Bridge is gone`;
  const found = await readHeartbeat(path);
  if (found === undefined) return warning(`required by ${backends.join(", ")}, and none has reported in ${path}`, run);
  if ("unreadable" in found) return warning(`what it reports in ${path} cannot be read: ${found.unreadable}`, "mend the file's permissions, or remove it");
  if (found.owner !== owner) return warning(`the one that reports in ${path} is of owner ${found.owner}, not ${owner}`, "give each owner's reaper a --heartbeat of its own");
  const minutes = Math.round((Date.now() - found.atMs) / 60_000);
  if (minutes > quietMinutes) return warning(`last reported ${minutes} minutes ago, in ${path}`, run);
  if (minutes < -quietMinutes) return warning(`reported ${-minutes} minutes from now, in ${path}`, "let the clocks of both computers be set by NTP");
  const said = `reported ${Math.max(0, minutes)} minutes ago`;
  if (found.failed + found.passedOver > 0) return warning(`${said} that it could not end ${found.failed} and passed over ${found.passedOver} scopes`, "run \"bridge reap --report-only\" where it runs, and mend what it says");
  return { subject: "reaper", verdict: "fine", message: said };
}

function isHeartbeat(value: unknown): value is Heartbeat {
  const members: Readonly<Record<string, unknown>> = typeof value === "object" ? { ...value } : {};
  return typeof members["owner"] === "string" && ["atMs", "ended", "failed", "passedOver"].every((name) => Number.isFinite(members[name]));
}

async function readHeartbeat(path: string): Promise<Heartbeat | { readonly unreadable: string } | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return isHeartbeat(value) ? value : { unreadable: "it is no heartbeat" };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    return { unreadable: error instanceof SyntaxError ? "it is no JSON" : String(error) };
  }
}
