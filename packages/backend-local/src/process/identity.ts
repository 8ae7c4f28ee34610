import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Names one process for good: a process id is reused, the same id with the same start time in the same boot is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process started, in the system's own unit; only compared. */
  readonly startedAt: string;
  /** Changes with every boot of the machine; empty where the system has no such id. */
  readonly bootId: string;
}

const bootId = (): string => {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
};

/** Start time and state of a process, undefined when there is none. Linux: /proc/PID/stat (proc(5)); elsewhere ps(1). */
function look(pid: number): { startedAt: string; zombie: boolean } | undefined {
  try {
    if (process.platform === "linux") {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The command name in parentheses may itself hold blanks and parentheses; field 3 follows the last one.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const startedAt = fields[19];
      return startedAt === undefined ? undefined : { startedAt, zombie: fields[0] === "Z" || fields[0] === "X" };
    }
    const [, state = "", startedAt = ""] = /^(\S+)\s+(.+)$/m.exec(execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim()) ?? [];
    return startedAt === "" ? undefined : { startedAt, zombie: state.startsWith("Z") };
  } catch {
    return undefined;
  }
}

/** The identity of a running process, undefined when there is none of that id. */
export function identify(pid: number): ProcessIdentity | undefined {
  const seen = look(pid);
  return seen === undefined ? undefined : { pid, startedAt: seen.startedAt, bootId: bootId() };
}

/** Whether exactly this process still runs; one that has ended and waits to be reaped does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  const seen = look(identity.pid);
  return seen !== undefined && !seen.zombie && seen.startedAt === identity.startedAt && bootId() === identity.bootId;
}

/** Sends a signal if exactly this process still runs. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
