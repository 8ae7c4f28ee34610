import { BridgeError, type ExitRecord, type InstanceRef, type UsageMetrics, type WatchOptions } from "@bridge/core/backend";
import { type ExitReport, findExitReport } from "../console/exit-line.ts";
import type { RawMachine } from "../platform.ts";
import type { Deadline } from "../poller/deadlines.ts";
import type { PollResult } from "../poller/scope-poller.ts";
import { attemptKey, isMachine, type Snapshot } from "../poller/snapshot.ts";
import { within } from "../wait.ts";
import { machineOf } from "./find-machine.ts";
import type { MachineSetting } from "./setting.ts";
import { type Reading, readingOf, usageOf } from "./usage.ts";

const consoleTimeoutSeconds = 60;
/** Two clocks that are this far apart may both be right enough. */
const longestSkewMs = 60_000;

/** What a watcher works with. */
export interface WatcherOptions {
  readonly setting: MachineSetting;
  readonly ref: InstanceRef;
  readonly deadlineMs: number;
  readonly options: WatchOptions;
}

/** Draws the conclusion of one watch from what it hears, from its making on: lists, the deadline, the console, the caller's signal. */
export class Watcher implements Deadline {
  readonly deadlineMs: number;
  /** How it ended. */
  readonly ended: Promise<UsageMetrics>;
  readonly #resolve: (usage: UsageMetrics) => void;
  readonly #reject: (error: unknown) => void;
  readonly #setting: MachineSetting;
  readonly #ref: InstanceRef;
  readonly #key: string;
  readonly #options: WatchOptions;
  /** The last that was seen of the machine, and when. */
  #machine: Reading | undefined;
  #seenAtMs = 0;
  #absentSinceMs: number | undefined;
  #console: "unread" | "reading" | "read" = "unread";
  #report: ExitReport | undefined;
  #heard = false;

  constructor({ setting, ref, deadlineMs, options }: WatcherOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<UsageMetrics>();
    this.ended = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.deadlineMs = deadlineMs;
    this.#setting = setting;
    this.#ref = ref;
    this.#key = attemptKey(ref);
    this.#options = options;
    setting.poller(ref.scope).subscribe(this.#hear);
    setting.deadlines.add(this);
    options.signal?.addEventListener("abort", this);
    // Between the caller's check and here something was awaited.
    if (options.signal?.aborted === true) this.handleEvent();
  }

  /** The caller's signal has fired. */
  handleEvent(): void {
    this.#fail(new BridgeError("aborted", "the caller ended the call"));
  }

  #stop(): void {
    this.#setting.poller(this.#ref.scope).unsubscribe(this.#hear);
    this.#setting.deadlines.delete(this);
    this.#options.signal?.removeEventListener("abort", this);
  }

  #fail(error: unknown): void {
    this.#stop();
    this.#reject(error);
  }

  /** The clock has reached the deadline. What one list says about how it ended goes first. */
  reachDeadline(): void {
    if (this.#heard && this.#console !== "reading") this.#end({ reason: "deadline" });
  }

  /** A list was taken, or failed: then nothing is known this time. */
  readonly #hear = ({ snapshot, error }: PollResult): void => {
    if (error?.code === "aborted") return this.#fail(error);
    if (this.#console === "reading") return;
    this.#heard = true;
    try {
      if (error !== undefined) this.#endIfPast();
      else this.#see(this.#pick(snapshot), snapshot.startedMs);
    } catch (failure) {
      this.#fail(failure);
    }
  };

  #pick(snapshot: Snapshot): RawMachine | undefined {
    const { instanceId } = this.#ref;
    if (instanceId === undefined) return machineOf(snapshot, this.#ref);
    return snapshot.byAttempt.get(this.#key)?.find((thing) => isMachine(thing) && thing.id === instanceId);
  }

  #see(machine: RawMachine | undefined, listedMs: number): void {
    if (machine === undefined) return this.#miss(listedMs);
    this.#absentSinceMs = undefined;
    this.#machine = readingOf(machine, this.#machine);
    this.#seenAtMs = this.#setting.services.now();
    if (machine.exit !== undefined) return this.#end(machine.exit);
    if (machine.state === "starting" || machine.state === "running") {
      this.#options.onUsage?.(this.#usage());
      return this.#endIfPast();
    }
    if (this.#console === "unread") void this.#readConsole(machine);
    else this.#leave(machine);
  }

  /** Not listed: it has ended if it was seen ending; else it takes lists over `settleSeconds` to say that it is gone. */
  #miss(listedMs: number): void {
    const left = this.#machine?.state === "ending" || this.#machine?.state === "ended";
    if (left) return this.#end({ reason: "exited" });
    this.#absentSinceMs ??= listedMs;
    if (this.#isPast()) return this.#end({ reason: "deadline" });
    if (listedMs - this.#absentSinceMs >= this.#setting.facts.settleSeconds * 1000) this.#end({ reason: "lost" });
  }

  /** It no longer runs, and the console was read. Without a time of its end, what its guest reported tells it from the deadline. */
  #leave({ state, endedAtMs }: Reading): void {
    const code = this.#report?.code;
    // A moment long before it was decided on has ended nothing: it says only that nobody wants to wait.
    const mayHave = this.deadlineMs > this.#ref.intentAtMs - longestSkewMs;
    const byDeadline = mayHave && (endedAtMs === undefined ? this.#report === undefined && this.#isPast() : endedAtMs >= this.deadlineMs);
    if (byDeadline) this.#end({ reason: "deadline" });
    else if (code !== undefined) this.#end({ reason: "exited", code, source: "reported" });
    else if (state === "ended" || this.#report !== undefined) this.#end({ reason: "exited" });
  }

  /** Once, because the console outlives the workload by little. Without it the code stays unknown. */
  async #readConsole(machine: RawMachine): Promise<void> {
    const { platform, services } = this.#setting;
    const { exitMac, signal } = this.#options;
    this.#console = "reading";
    try {
      if (platform.readConsole !== undefined && exitMac !== undefined) {
        const text = await within(consoleTimeoutSeconds, "reading the console", (inner) => platform.readConsole?.(machine, { signal: inner }) ?? Promise.resolve(""), signal);
        this.#report = findExitReport(text, this.#ref, exitMac);
      }
    } catch (failure) {
      if (signal?.aborted === true) return;
      const error = this.#setting.mapError(failure, "watchUntilExit");
      services.log.warn({ backend: services.name, instanceId: machine.id, code: error.code, error: error.message }, "the console could not be read; the exit code stays unknown");
    }
    this.#console = "read";
    this.#leave(machine);
  }

  #isPast(): boolean {
    return this.#setting.services.now() >= this.deadlineMs;
  }

  #endIfPast(): void {
    if (this.#isPast()) this.#end({ reason: "deadline" });
  }

  #usage() {
    return usageOf(this.#machine, { seenUntilMs: this.#seenAtMs, report: this.#report });
  }

  #end(exit: ExitRecord): void {
    this.#stop();
    const present = this.#absentSinceMs === undefined;
    if (present && this.#machine !== undefined) this.#seenAtMs = Math.max(this.#seenAtMs, this.#setting.services.now());
    this.#resolve({ ...this.#usage(), exit });
  }
}
