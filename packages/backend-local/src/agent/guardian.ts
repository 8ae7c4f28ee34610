import { spawn } from "node:child_process";

/**
 * Constant. Reads until the agent's end of the pipe closes, then kills what carries the instance's mark ($1), itself last.
 * Where there is no /proc, the process group of the workload ends with SIGHUP only.
 */
const program = 'cat >/dev/null; for file in $(grep -lzxF "$1" /proc/[0-9]*/environ 2>/dev/null); do pid=${file#/proc/}; pid=${pid%/environ}; '
  + '[ "$pid" = "$$" ] || kill -KILL "$pid" 2>/dev/null; done';

/**
 * Starts the process that outlives this one by a moment: however the agent ends, also by SIGKILL, the processes of its
 * instance end with it, as they do when a machine loses power.
 */
export function startGuardian(mark: string): void {
  const guardian = spawn("/bin/sh", ["-c", program, "bridge-guardian", mark], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  guardian.on("error", () => {}); // no shell: the deadline and terminate still hold
  guardian.unref();
}
