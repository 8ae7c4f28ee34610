import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { constants } from "node:os";

/** The processes of one machine: real ones, each in a group that ends with it. */
export class GuestProcesses {
  readonly #running = new Set<ChildProcessWithoutNullStreams>();

  /** Starts a program; of this computer's environment it sees only the search path. */
  start(program: string, parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams {
    const child = spawn(program, parameters, { detached: true, stdio: "pipe", env: { PATH: process.env["PATH"] ?? "", ...environment } });
    this.#running.add(child);
    child.stdin.on("error", () => {});
    child.on("close", () => this.#running.delete(child));
    return child;
  }

  /** Pulls the plug. */
  killAll(): void {
    for (const child of this.#running) signalGroup(child, "SIGKILL");
  }
}

/** Signals a process and all its children. */
export function signalGroup({ pid }: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

/** The exit code as a shell would tell it: 128 + signal number, 127 for a program that is not there, 126 for one that cannot run. */
export function exitCodeOf(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ENOENT" ? 127 : 126));
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
