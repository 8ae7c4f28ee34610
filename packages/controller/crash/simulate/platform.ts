import { BridgeError } from "@bridge/core";
import type { Checks } from "./checks.ts";
import type { Fate } from "./plan.ts";
import { type Machine, type MachineSpec, stateAt } from "./machine.ts";
import type { World } from "./world.ts";

/** How this history's platform is made. */
export interface PlatformRules {
  /** Seconds after its deadline at which a machine dies by itself; absent: it does not. */
  readonly ownDeadlineSeconds?: number;
  /** Seconds for which the platform remembers a name whose machine is gone; absent: for good. */
  readonly remembersSeconds?: number;
}

/** The simulated platform. Its books are the truth. */
export class Platform {
  readonly #world: World;
  readonly #rules: PlatformRules;
  readonly machines: Machine[] = [];
  /** By scope and name. */
  readonly #names = new Map<string, Machine>();
  readonly #fates = new Map<string, Fate>();
  #checks: Checks | undefined;

  constructor(world: World, rules: PlatformRules) {
    this.#world = world;
    this.#rules = rules;
  }

  /** From now on told of everything that happens. */
  watchedBy(checks: Checks): void {
    this.#checks = checks;
  }

  /** What becomes of the machines of a request. */
  decide(requestKey: string, fate: Fate): void {
    this.#fates.set(requestKey, fate);
  }

  /** The machine that has the name in a scope now. */
  named({ scope, name }: Pick<MachineSpec, "scope" | "name">): Machine | undefined {
    return this.#names.get(`${scope}/${name}`);
  }

  /** A create request arrives. The same name gives the same machine. @throws BridgeError `attempt_spent`, `conflict`. */
  create(spec: MachineSpec, { bootMs, ageMs = 0 }: { readonly bootMs: number; readonly ageMs?: number }): Machine {
    const { scheduler, say } = this.#world;
    const known = this.#remembered(spec);
    if (known !== undefined) {
      const state = stateAt(known, scheduler.nowMs);
      const isLive = state === "starting" || state === "running";
      say("platform", () => `create ${spec.name} arrives again: ${state ?? "it is gone"}`);
      if (!isLive) throw new BridgeError("attempt_spent", `${known.id} has ended`, { outcome: state === undefined ? "none" : "exists" });
      if (known.spec.fingerprint !== spec.fingerprint) throw new BridgeError("conflict", `${known.id} was made with other arguments`, { outcome: "exists" });
      return known;
    }
    const machine: Machine = { id: `m${this.machines.length + 1}`, spec, createdAtMs: scheduler.nowMs - ageMs, runsAtMs: scheduler.nowMs - ageMs + bootMs };
    this.machines.push(machine);
    this.#names.set(`${spec.scope}/${spec.name}`, machine);
    say("platform", () => `makes ${machine.id} for ${spec.name} in ${spec.scope} (${spec.backend})`);
    this.#checks?.made(machine);
    const { ownDeadlineSeconds } = this.#rules;
    if (ownDeadlineSeconds !== undefined) scheduler.after(spec.deadlineMs + ownDeadlineSeconds * 1000 - scheduler.nowMs, () => this.#end(machine, "at its deadline"));
    const vanishes = this.#fates.get(spec.requestKey)?.vanishesAfterMs;
    if (vanishes !== undefined) scheduler.after(vanishes, () => this.#end(machine, "without a trace"));
    return machine;
  }

  /** Starts the workload, unless it was; resolves to when. @throws BridgeError `unavailable`. */
  start(machine: Machine): number {
    const { scheduler, say } = this.#world;
    if (machine.startedAtMs !== undefined && machine.goneAtMs === undefined) return machine.startedAtMs;
    if (stateAt(machine, scheduler.nowMs) !== "running") throw new BridgeError("unavailable", `${machine.id} does not run`);
    machine.startedAtMs = scheduler.nowMs;
    say("platform", () => `starts the workload on ${machine.id}`);
    this.#checks?.started(machine);
    const { exitsAfterMs, code = 0 } = this.#fates.get(machine.spec.requestKey) ?? {};
    if (exitsAfterMs !== undefined) scheduler.after(exitsAfterMs, () => this.#exit(machine, code));
    return machine.startedAtMs;
  }

  /** Ends a machine; it takes so long. */
  destroy(machine: Machine, tookMs: number, remnantMs: number): void {
    const { scheduler, say } = this.#world;
    if (machine.goneAtMs !== undefined) return;
    say("platform", () => `destroys ${machine.id}, which takes ${tookMs} ms`);
    this.#checks?.destroyed(machine);
    machine.endingAtMs ??= scheduler.nowMs;
    scheduler.after(tookMs, () => this.#end(machine, "as asked", remnantMs));
  }

  /** The machines that exist. */
  present(): readonly Machine[] {
    return this.machines.filter((machine) => stateAt(machine, this.#world.scheduler.nowMs) !== undefined);
  }

  #remembered(spec: MachineSpec): Machine | undefined {
    const known = this.named(spec);
    const { remembersSeconds } = this.#rules;
    if (known?.goneAtMs === undefined || remembersSeconds === undefined) return known;
    return this.#world.scheduler.nowMs - known.createdAtMs < remembersSeconds * 1000 ? known : undefined;
  }

  #exit(machine: Machine, code: number): void {
    if (machine.goneAtMs !== undefined || machine.endingAtMs !== undefined || machine.exit !== undefined) return;
    machine.exit = { atMs: this.#world.scheduler.nowMs, code };
    this.#world.say("platform", () => `the workload on ${machine.id} ends with ${code}`);
  }

  #end(machine: Machine, how: string, remnantMs = 0): void {
    if (machine.goneAtMs !== undefined) return;
    machine.goneAtMs = this.#world.scheduler.nowMs;
    machine.remnantUntilMs = machine.goneAtMs + remnantMs;
    this.#world.say("platform", () => `${machine.id} is gone, ${how}`);
  }
}
