import { randomBytes } from "node:crypto";
import { BridgeError } from "../errors/bridge-error.ts";
import { decodeTags } from "../backend/tags.ts";
import { type MemoryClock, MovableClock, systemClock } from "./memory-clock.ts";
import { type MemoryCall, type MemoryFault, MemoryFaults } from "./memory-fault.ts";
import { goneAtMs, type MemoryMachine, type MemoryMachineSpec, nextChangeMs, stateAt } from "./memory-machine.ts";

/** What a {@link MemoryPlatform} is made of. */
export interface MemoryPlatformOptions {
  /** Gives the platform a clock of its own that stands still at this moment, in milliseconds since the Unix epoch, until `advance` moves it. Default: the computer's clock. */
  readonly startMs?: number;
  /** Seconds from a machine's creation until it answers. Default 0. */
  readonly bootSeconds?: number;
}

/** How often an attempt was asked for, made and started. */
export interface MemoryBooks {
  /** Create requests that were sent, also those that never arrived. */
  readonly createRequests: number;
  /** Machines that were ever made; the promise is at most one. */
  readonly machines: number;
  /** Starts of the workload; the promise is at most one. */
  readonly starts: number;
}

/** One call that the platform saw. */
export interface MemoryCallRecord {
  readonly atMs: number;
  readonly call: MemoryCall;
  /** The machine's name, where the call has one. */
  readonly machine?: string;
}

/**
 * Plays the cloud, in memory: share one between backends or Fleets and they see the same machines, as two processes would.
 * Names are unique for good; reads by name are never stale, lists may be. A machine dies at its deadline by itself.
 */
export class MemoryPlatform {
  /** The one scope, by identity. */
  readonly scope: string = `memory-${randomBytes(6).toString("hex")}`;
  readonly #clock: MemoryClock;
  readonly #bootMs: number;
  readonly #faults = new MemoryFaults();
  readonly #machines = new Map<string, MemoryMachine>();
  readonly #forbidden = new Set<string>();
  readonly #changes = new Map<string, PromiseWithResolvers<void>>();
  readonly #calls: MemoryCallRecord[] = [];
  readonly #requested: MemoryMachineSpec[] = [];
  #onTheirWay: readonly { readonly spec: MemoryMachineSpec; readonly arrivesAtMs: number }[] = [];
  #staleList: readonly MemoryMachine[] = [];

  constructor({ startMs, bootSeconds = 0 }: MemoryPlatformOptions = {}) {
    this.#clock = startMs === undefined ? systemClock : new MovableClock(startMs);
    this.#bootMs = bootSeconds * 1000;
  }

  /** Milliseconds since the Unix epoch; give it to the Fleet as `now`. */
  readonly now = (): number => this.#clock.now();

  /** Moves the clock. @throws BridgeError `unsupported` for a platform on the computer's clock. */
  async advance(seconds: number): Promise<void> {
    if (!(this.#clock instanceof MovableClock)) throw new BridgeError("unsupported", "this platform runs on the computer's clock; make it with startMs");
    await this.#clock.advance(seconds);
  }

  /** Makes calls go wrong from now on. */
  inject(fault: MemoryFault): void {
    if (fault.call === "list" && "answer" in fault && fault.answer === "stale") this.#staleList = this.#present();
    this.#faults.add(fault);
  }

  /** Takes back all faults that were not met. */
  heal(): void {
    this.#faults.clear();
  }

  /** Lets the workload of a request end. @throws BridgeError `not_found` when none runs. */
  exit(requestKey: string, code: number): void {
    const machine = this.#runningOf(requestKey);
    this.#replace({ ...machine, exit: { atMs: this.now(), record: { reason: "exited", code, source: "measured" } } });
  }

  /** Lets the machine of a request disappear without a trace. @throws BridgeError `not_found` when none runs. */
  vanish(requestKey: string): void {
    this.#replace({ ...this.#runningOf(requestKey), goneAtMs: this.now() });
  }

  /** Lets the machine of a request live on past its deadline, as one whose tenant has stopped its timer. @throws BridgeError `not_found` when none runs. */
  outlive(requestKey: string): void {
    this.#replace({ ...this.#runningOf(requestKey), outlivesDeadline: true });
  }

  /** All calls so far, in order. */
  get calls(): readonly MemoryCallRecord[] {
    return [...this.#calls];
  }

  /** The machines that exist now, in the order in which they were made. */
  machines(): readonly MemoryMachine[] {
    return this.#present();
  }

  /** What was ever done for one attempt. */
  books(requestKey: string, attempt: number): MemoryBooks {
    // By tags, so that a backend that invents names is found out.
    const isOfAttempt = ({ tags }: MemoryMachineSpec) => {
      const content = decodeTags(tags);
      return content?.requestKey === requestKey && content.attempt === attempt;
    };
    this.#letArrive();
    const machines = [...this.#machines.values()].filter(({ spec }) => isOfAttempt(spec));
    return { createRequests: this.#requested.filter(isOfAttempt).length, machines: machines.length, starts: machines.filter(({ startedAtMs }) => startedAtMs !== undefined).length };
  }

  /** @internal Notes a call and gives the fault that it meets. Throws when that is a refusal. */
  async answer(call: MemoryCall, { machine, region }: { readonly machine?: string; readonly region?: string } = {}): Promise<MemoryFault | undefined> {
    this.#calls.push({ atMs: this.now(), call, ...(machine === undefined ? {} : { machine }) });
    const fault = this.#faults.take(call, region);
    await Promise.resolve();
    if (fault === undefined || !("refuse" in fault)) return fault;
    const { refuse, retryAfterSeconds } = fault;
    throw new BridgeError(refuse, `the platform refuses to ${call}: ${refuse}`, {
      ...(call === "create" ? { outcome: "none" } : {}), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }

  /** @internal The create request; the same name gives the same machine. */
  async create(spec: MemoryMachineSpec): Promise<MemoryMachine> {
    this.#requested.push(spec);
    const fault = await this.answer("create", { machine: spec.name, region: spec.placement.region });
    const lose = fault !== undefined && "lose" in fault ? fault.lose : undefined;
    const takesMs = fault !== undefined && "takesSeconds" in fault ? (fault.takesSeconds ?? 0) * 1000 : 0;
    const arrivesAtMs = this.now() + takesMs;
    if (lose !== "request") this.#onTheirWay = [...this.#onTheirWay, { spec, arrivesAtMs }];
    if (lose !== undefined) throw new BridgeError("timeout", "the create request was not answered", { outcome: "unknown" });
    await this.#clock.waitUntil(arrivesAtMs);
    this.#letArrive();
    const machine = this.#machines.get(spec.name);
    if (machine === undefined) throw new BridgeError("attempt_spent", `the name ${spec.name} is forbidden`, { outcome: "none" });
    return machine;
  }

  /** @internal The machine of a name, also when it is gone; never stale. */
  async read(name: string): Promise<{ readonly machine: MemoryMachine | undefined; readonly forbidden: boolean }> {
    await this.answer("read", { machine: name });
    this.#letArrive();
    return { machine: this.#machines.get(name), forbidden: this.#forbidden.has(name) };
  }

  /** @internal All that exists, unless a fault says otherwise. */
  async list(): Promise<{ readonly complete: boolean; readonly machines: readonly MemoryMachine[] }> {
    const fault = await this.answer("list");
    if (fault === undefined || !("answer" in fault)) return { complete: true, machines: this.#present() };
    return fault.answer === "stale" ? { complete: true, machines: this.#staleList } : { complete: false, machines: [] };
  }

  /** @internal From now on no machine of this name can be made. */
  async forbid(name: string): Promise<void> {
    await this.answer("forbid", { machine: name });
    this.#letArrive();
    this.#forbidden.add(name);
  }

  /** @internal Ends a machine. */
  async destroy(name: string): Promise<void> {
    const fault = await this.answer("destroy", { machine: name, ...this.#regionOf(name) });
    const machine = this.#machines.get(name);
    const seconds = fault !== undefined && "takesSeconds" in fault ? fault.takesSeconds ?? 0 : 0;
    if (machine !== undefined) this.#replace({ ...machine, endingAtMs: this.now(), goneAtMs: this.now() + seconds * 1000 });
  }

  /** @internal The host key of whoever answers at the machine's address; undefined: nobody. */
  async connect(name: string): Promise<string | undefined> {
    const fault = await this.answer("connect", { machine: name, ...this.#regionOf(name) });
    const machine = this.#machines.get(name);
    if (machine === undefined || stateAt(machine, this.now()) !== "running") return undefined;
    if (fault === undefined || !("answer" in fault)) return machine.spec.hostKey;
    return fault.answer === "nothing" ? undefined : "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  }

  /** @internal Starts the workload, once; resolves to when that was. */
  async start(name: string): Promise<number> {
    await this.answer("start", { machine: name, ...this.#regionOf(name) });
    const machine = this.#machines.get(name);
    if (machine === undefined || stateAt(machine, this.now()) !== "running") throw new BridgeError("unavailable", "the machine does not run any more");
    const startedAtMs = machine.startedAtMs ?? this.now();
    if (machine.startedAtMs === undefined) this.#replace({ ...machine, startedAtMs });
    return startedAtMs;
  }

  /** @internal Resolves when the machine is no longer as it was seen or the clock has reached the moment. @throws BridgeError `aborted`. */
  async waitForChange(name: string, seen: MemoryMachine | undefined, untilMs: number, signal: AbortSignal): Promise<void> {
    const machine = this.#machines.get(name);
    if (machine !== seen) return;
    const change = this.#changes.get(name) ?? Promise.withResolvers<void>();
    this.#changes.set(name, change);
    const ms = machine === undefined ? untilMs : Math.min(untilMs, nextChangeMs(machine, this.now()));
    await this.#clock.waitUntil(Math.max(ms, this.now() + 1), { signal, early: change.promise });
  }

  #regionOf(name: string): { readonly region?: string } {
    const machine = this.#machines.get(name);
    return machine === undefined ? {} : { region: machine.spec.placement.region };
  }

  #replace(machine: MemoryMachine): void {
    const { name } = machine.spec;
    this.#machines.set(name, machine);
    this.#changes.get(name)?.resolve();
    this.#changes.delete(name);
  }

  /** Create requests that have arrived by now take effect, at the moment of their arrival. */
  #letArrive(): void {
    const arrived = this.#onTheirWay.filter(({ arrivesAtMs }) => arrivesAtMs <= this.now());
    this.#onTheirWay = this.#onTheirWay.filter(({ arrivesAtMs }) => arrivesAtMs > this.now());
    for (const { spec, arrivesAtMs } of arrived) {
      if (this.#machines.has(spec.name) || this.#forbidden.has(spec.name)) continue;
      this.#replace({ id: `machine-${this.#machines.size + 1}`, spec, createdAtMs: arrivesAtMs, runsAtMs: arrivesAtMs + this.#bootMs });
    }
  }

  #present(): readonly MemoryMachine[] {
    this.#letArrive();
    return [...this.#machines.values()].filter((machine) => this.now() < goneAtMs(machine));
  }

  #runningOf(requestKey: string): MemoryMachine {
    const running = this.#present().find((machine) => decodeTags(machine.spec.tags)?.requestKey === requestKey && stateAt(machine, this.now()) === "running");
    if (running === undefined) throw new BridgeError("not_found", `no machine runs for request ${requestKey}`);
    return running;
  }
}

/** The name of an attempt's machine. */
export const nameOf = ({ requestKey, attempt }: { readonly requestKey: string; readonly attempt: number }): string => `bridge-${requestKey}-${attempt}`;

/** Makes a platform for {@link memory} backends. */
export function createMemoryPlatform(options: MemoryPlatformOptions = {}): MemoryPlatform {
  return new MemoryPlatform(options);
}
