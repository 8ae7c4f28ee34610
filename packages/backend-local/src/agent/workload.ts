import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants, userInfo } from "node:os";
import { join } from "node:path";
import type { ExitRecord } from "@bridge/core/backend";
import type { ControlStatus, StartRequest } from "@bridge/backend-kit";
import { instanceVariable } from "../process/members.ts";
import type { InstanceDirectory } from "../state/state-directory.ts";
import type { AgentSpec } from "./agent-spec.ts";
import { parseStartRequest } from "./start-request.ts";

/** The exit code as a shell would give it: 128 + signal number when a signal ended the process. */
function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** The workload of an instance: nothing until `start`, then at most one process group, ever. */
export class Workload {
  readonly #spec: AgentSpec;
  readonly #directory: InstanceDirectory;
  readonly #exited = Promise.withResolvers<ExitRecord>();
  #request: StartRequest | undefined;
  #startedAtMs: number | undefined;
  #child: ChildProcess | undefined;
  #exit: ExitRecord | undefined;

  constructor(spec: AgentSpec, directory: InstanceDirectory) {
    this.#spec = spec;
    this.#directory = directory;
  }

  /** Resolves when the workload has ended; never for a bare machine. */
  get exited(): Promise<ExitRecord> {
    return this.#exited.promise;
  }

  get exit(): ExitRecord | undefined {
    return this.#exit;
  }

  /** OpenSSH line of the requester's key, from `start` on. */
  get requesterKey(): string | undefined {
    return this.#request?.sshPublicKey;
  }

  /** Environment of the workload and of SSH sessions. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, HOME: this.#directory.workPath, ...this.#request?.environment, [instanceVariable]: this.#spec.mark };
  }

  status(): ControlStatus {
    const state = this.#exit !== undefined ? "exited" : this.#startedAtMs !== undefined ? "running" : "waiting";
    return {
      version: 1, state, user: userInfo().username,
      ...(this.#startedAtMs === undefined ? {} : { startedAtMs: this.#startedAtMs }),
      ...(this.#exit?.code === undefined ? {} : { exitCode: this.#exit.code }),
    };
  }

  /** Starts the workload if it was never started. This process is the machine for all its life, so its memory is the marker. */
  start(input: string): ControlStatus {
    const request = parseStartRequest(input);
    if (request.requestKey !== this.#spec.requestKey || request.attempt !== this.#spec.attempt) throw new Error("the start request is for another machine");
    if (this.#startedAtMs !== undefined) return this.status();
    this.#startedAtMs = Date.now();
    this.#request = request;
    const [program, ...args] = request.command ?? [];
    if (program !== undefined) this.#run(program, args);
    return this.status();
  }

  /** Asks the workload to end. */
  stop(): ControlStatus {
    if (this.#child?.pid !== undefined && this.#exit === undefined) process.kill(-this.#child.pid, "SIGTERM");
    return this.status();
  }

  #run(program: string, args: readonly string[]): void {
    const log = openSync(join(this.#directory.path, "workload.log"), "a", 0o600);
    const child = spawn(program, args, { cwd: this.#directory.workPath, env: this.environment, detached: true, stdio: ["ignore", log, log] });
    closeSync(log);
    this.#child = child;
    const end = (code: number) => {
      this.#exit ??= { reason: "exited", code, source: "measured" };
      this.#exited.resolve(this.#exit);
    };
    // As a shell has it: 127 when there is no such program, 126 when it may not be run.
    child.on("error", (error) => end("code" in error && error.code === "ENOENT" ? 127 : 126));
    child.on("exit", (code, signal) => end(exitCodeOf(code, signal)));
  }
}
