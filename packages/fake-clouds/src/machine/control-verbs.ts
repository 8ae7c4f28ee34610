import { type ControlStatus, type ExitReport, formatExitLine, type StartRequest } from "@bridge/backend-kit";
import type { MovingClock } from "../moving-clock.ts";
import type { GuestProcesses } from "./guest-processes.ts";
import type { MachineFacts } from "./guest-programs.ts";
import { Workload } from "./workload.ts";

/** What a verb comes to: its exit code, and what it prints or complains. */
export interface VerbResult {
  readonly code: number;
  readonly printed?: string;
  readonly complained?: string;
}

/** What the control protocol works with. */
export interface ControlSurroundings {
  readonly facts: MachineFacts;
  readonly clock: MovingClock;
  readonly processes: GuestProcesses;
  /** Counters of the exit line. */
  readonly meters: Omit<ExitReport, "code">;
  /** The exit line, and that nothing more is to be done here. */
  readonly onExit: (line: string) => void;
}

const longestRequestBytes = 1 << 20;
const refused = (complained: string, code = 2): VerbResult => ({ code, complained: `refused: ${complained}` });

/** The control protocol as the kit's guest script runs it: `start` once, `status`, `stop`. */
export class ControlVerbs {
  /** How often a workload was started: once at most, or the machine is broken. */
  starts = 0;
  #request: (StartRequest & { readonly startedAtMs: number }) | undefined;
  #workload: Workload | undefined;
  #exit: { readonly code?: number } | undefined;
  readonly #surroundings: ControlSurroundings;

  constructor(surroundings: ControlSurroundings) {
    this.#surroundings = surroundings;
  }

  /** The requester's key, once the start has brought it. */
  get requesterKey(): string | undefined {
    return this.#request?.sshPublicKey;
  }

  /** Whether a workload runs that has not ended. */
  get works(): boolean {
    return this.#workload !== undefined && this.#exit === undefined;
  }

  run(words: readonly string[], input: string): VerbResult {
    const [verb] = words;
    if (words.length === 1 && verb === "status") return this.#status();
    if (words.length === 1 && verb === "start") return this.#start(input);
    if (words.length === 1 && verb === "stop") return this.#stop();
    return refused("the verbs are start, status and stop");
  }

  /** Stops the workload's unit, as on the way to power-off. */
  stopWorkload(): void {
    this.#workload?.stop();
  }

  #status(): VerbResult {
    const { user } = this.#surroundings.facts;
    const status: ControlStatus = {
      version: 1, state: this.#exit !== undefined ? "exited" : this.#request !== undefined ? "running" : "waiting", user,
      ...(this.#request === undefined ? {} : { startedAtMs: this.#request.startedAtMs }),
      ...(this.#exit?.code === undefined ? {} : { exitCode: this.#exit.code }),
    };
    return { code: 0, printed: `${JSON.stringify(status)}\n` };
  }

  #start(input: string): VerbResult {
    const { facts, clock, processes } = this.#surroundings;
    if (Buffer.byteLength(input) > longestRequestBytes) return refused("the request is too large");
    let request: StartRequest;
    try {
      request = JSON.parse(input) as StartRequest; // as the guest script: members are looked at below
    } catch {
      return { code: 1, complained: "the request is no JSON" };
    }
    if (request.version !== 1 || request.requestKey !== facts.requestKey || request.attempt !== facts.attempt) return refused("the request is not for this machine");
    if (request.sshPublicKey.includes("\n")) return refused("the key has more than one line");
    if (this.#request !== undefined) return refused("already started", 3);
    this.#request = { ...request, startedAtMs: Math.floor(clock.now()) };
    this.starts += 1;
    if (request.command !== undefined || request.imageReference !== undefined) {
      this.#workload = new Workload(request, processes);
      void this.#workload.ended.then((code) => this.#report(request, { code }));
    }
    return this.#status();
  }

  #stop(): VerbResult {
    if (this.#request === undefined) return refused("not started", 3);
    if (this.#workload === undefined) this.#report(this.#request, {});
    else this.#workload.stop();
    return this.#status();
  }

  #report({ exitMac }: StartRequest, exit: { readonly code?: number }): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    const { facts, meters, onExit } = this.#surroundings;
    onExit(formatExitLine({ ...exit, ...meters }, facts, Buffer.from(exitMac, "base64")));
  }
}
