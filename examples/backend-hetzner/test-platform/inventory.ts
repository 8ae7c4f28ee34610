import type { Image, Location, ServerType } from "./catalogue.ts";
import type { Faults } from "./faults.ts";
import { Machine } from "./machine.ts";

/** How long a list may still show the old state. */
const listLagMs = 100;

/** What a server is made of; checked before. */
export interface ServerInput {
  readonly name: string;
  readonly type: ServerType;
  readonly location: Location;
  readonly image: Image;
  readonly labels: Readonly<Record<string, string>>;
  readonly userData: string;
}

/** An action as the API answers it. */
export interface Action {
  readonly id: number;
  readonly command: string;
  readonly status: "running" | "success" | "error";
  readonly progress: number;
  readonly started: string;
  readonly finished: string | null;
  readonly resources: readonly { readonly id: number; readonly type: string }[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A server that exists or has existed. */
export class Held {
  status: "initializing" | "off" | "starting" | "running" | "deleting" = "initializing";
  /** An action on it is running. */
  locked = true;
  readonly id: number;
  readonly input: ServerInput;
  readonly createdAtMs: number;
  readonly visibleFromMs = Date.now() + listLagMs;
  readonly machine: Machine;

  constructor(id: number, input: ServerInput, createdAtMs: number, faults: Faults) {
    this.id = id;
    this.input = input;
    this.createdAtMs = createdAtMs;
    this.machine = new Machine(input.userData, { faults, onPowerOff: () => this.powerOff() });
  }

  powerOff(): void {
    if (this.status === "deleting") return;
    this.status = "off";
    this.machine.close();
  }

  /** It is made, is off for a moment, and is started: two actions, and it is locked until both are done. */
  async boot(): Promise<void> {
    await this.machine.listen();
    for (const status of ["off", "starting", "running"] as const) {
      await new Promise((resolve) => setTimeout(resolve, 30).unref());
      // It may have ended, or be on its way out.
      if (this.status === "deleting") return;
      this.status = status;
    }
    this.locked = false;
  }

  /** As the API answers it. */
  answer(): object {
    const { name, type, location, image, labels } = this.input;
    return {
      id: this.id, name, status: this.status, locked: this.locked, created: new Date(this.createdAtMs).toISOString(), server_type: type, location, image, labels,
      public_net: {
        ipv4: { id: this.id + 1, ip: this.machine.address, blocked: false, dns_ptr: `static.${this.machine.address}.example` },
        ipv6: { id: this.id + 2, ip: "2001:db8::/64", blocked: false, dns_ptr: [] },
        floating_ips: [], firewalls: [],
      },
      private_net: [], iso: null, rescue_enabled: false, backup_window: null, outgoing_traffic: null, ingoing_traffic: null, included_traffic: 21_990_232_555_520,
      protection: { delete: false, rebuild: false }, volumes: [], load_balancers: [], primary_disk_size: type.disk, placement_group: null,
    };
  }
}

/** What exists in the project, and what ever did. */
export class Inventory {
  readonly servers = new Map<number, Held>();
  /** Primary IPs by id, with the id of their server: made with it, and deleted with it. */
  readonly addresses = new Map<number, number>();
  /** All servers that were ever made. */
  readonly made: Held[] = [];
  readonly #faults: Faults;
  readonly #now: () => number;
  #lastId = 40_000_000;

  constructor(faults: Faults, now: () => number) {
    this.#faults = faults;
    this.#now = now;
  }

  /** Makes a server; undefined when there is one of that name. */
  make(input: ServerInput): Held | undefined {
    if ([...this.servers.values()].some((held) => held.input.name === input.name)) return undefined;
    const held = new Held(this.#lastId += 10, input, this.#now(), this.#faults);
    this.servers.set(held.id, held);
    for (const addressId of [held.id + 1, held.id + 2]) this.addresses.set(addressId, held.id);
    this.made.push(held);
    void held.boot();
    return held;
  }

  /** What a list shows now, by ascending id. */
  listed(): readonly Held[] {
    return [...this.servers.values()].filter(({ visibleFromMs }) => Date.now() >= visibleFromMs);
  }

  /** Ends a server; it is listed for a moment more, or for so many seconds. */
  delete(held: Held, seconds = listLagMs / 1000): void {
    held.status = "deleting";
    held.machine.close();
    setTimeout(() => this.remove(held), seconds * 1000).unref();
  }

  /** Removes a server with what was made with it. */
  remove(held: Held): void {
    held.status = "deleting";
    held.machine.close();
    this.servers.delete(held.id);
    for (const [addressId, serverId] of this.addresses) if (serverId === held.id) this.addresses.delete(addressId);
  }

  /** The guests' own timers. */
  checkDeadlines(): void {
    for (const { machine, status } of this.servers.values()) if (status === "running") machine.checkDeadline(this.#now());
  }

  action(command: string, serverId: number, isDone = false): Action {
    const started = new Date(this.#now()).toISOString();
    return { id: this.#lastId += 1, command, status: isDone ? "success" : "running", progress: isDone ? 100 : 0, started, finished: isDone ? started : null, resources: [{ id: serverId, type: "server" }], error: null };
  }
}
