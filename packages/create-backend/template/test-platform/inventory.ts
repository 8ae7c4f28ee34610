import type { Faults } from "./faults.ts";
import { Machine } from "./machine.ts";
import type { CreateBody, MachineAnswer, VolumeAnswer } from "./shapes.ts";

/** A machine with what the API says of it. */
export interface Held {
  readonly name: string;
  readonly deleteAtMs: number;
  readonly machine: Machine;
  api: MachineAnswer;
}

/** What exists on the platform, and what ever did. */
export class Inventory {
  readonly machines = new Map<string, Held>();
  readonly volumes = new Map<string, VolumeAnswer>();
  /** All that were ever made. */
  readonly made: Held[] = [];
  readonly #faults: Faults;
  readonly #now: () => number;

  constructor(faults: Faults, now: () => number) {
    this.#faults = faults;
    this.#now = now;
  }

  /** Makes a machine; undefined when there is one of that name. */
  make({ name, region, size, labels, userData, deleteAtMs }: CreateBody): MachineAnswer | undefined {
    if ([...this.machines.values()].some((held) => held.name === name)) return undefined;
    const id = `m-${String(this.made.length + 1).padStart(6, "0")}`;
    const machine = new Machine(userData, { faults: this.#faults, onPowerOff: () => this.#change(id, { status: "off", offAtMs: this.#now() }) });
    const held: Held = { name, deleteAtMs, machine, api: { id, region, size, labels, status: "starting", createdAtMs: this.#now() } };
    this.machines.set(id, held);
    this.made.push(held);
    void machine.listen().then(() => this.#change(id, { status: "running", address: "127.0.0.1", sshPort: machine.port }));
    return held.api;
  }

  /** Ends a machine; after so many seconds, in which it is still listed. */
  remove(id: string, afterSeconds = 0): void {
    if (afterSeconds > 0) {
      this.#change(id, { status: "deleting" });
      setTimeout(() => this.remove(id), afterSeconds * 1000).unref();
      return;
    }
    this.machines.get(id)?.machine.close();
    this.machines.delete(id);
  }

  /** What time does: the guests' own timers power machines off, the platform's deletes what is past its time. */
  expire(): void {
    const now = this.#now();
    for (const [id, { deleteAtMs, machine, api }] of this.machines) {
      if (api.status === "running") machine.checkDeadline(now);
      if (now >= deleteAtMs) this.remove(id);
    }
  }

  #change(id: string, change: Partial<MachineAnswer>): void {
    const held = this.machines.get(id);
    if (held === undefined || (held.api.status === "deleting" && change.status === "running")) return;
    held.api = { ...held.api, ...change };
    if (change.status === "off") held.machine.close();
  }
}
