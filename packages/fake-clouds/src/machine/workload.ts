import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { StartRequest } from "@bridge/backend-kit";
import { exitCodeOf, type GuestProcesses, signalGroup } from "./guest-processes.ts";

const stopMs = 20_000;

/**
 * The unit `workload`: the command as a process. No image is pulled: with one, the command still runs as a process, and
 * without a command the unit runs until it is stopped.
 */
export class Workload {
  readonly #child: ChildProcessWithoutNullStreams | undefined;
  readonly #ended = Promise.withResolvers<number>();

  constructor({ command, environment }: StartRequest, processes: GuestProcesses) {
    const [program, ...parameters] = command ?? [];
    if (program === undefined) return;
    this.#child = processes.start(program, parameters, environment);
    this.#child.stdout.resume();
    this.#child.stderr.resume();
    this.#child.stdin.end();
    void exitCodeOf(this.#child).then((code) => this.#ended.resolve(code));
  }

  /** Its exit code, once it has ended. */
  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  /** As systemd stops a unit: SIGTERM, and SIGKILL when it does not end; processes go by the computer's own time. */
  stop(): void {
    const child = this.#child;
    if (child === undefined) return this.#ended.resolve(143);
    signalGroup(child, "SIGTERM");
    const timer = setTimeout(() => signalGroup(child, "SIGKILL"), stopMs).unref();
    void this.ended.then(() => clearTimeout(timer));
  }
}
