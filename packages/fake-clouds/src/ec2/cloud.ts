import { setTimeout as sleep } from "node:timers/promises";
import type { AccessKey } from "../aws/credentials.ts";
import { MachineFaults } from "../machine/machine-faults.ts";
import { MovingClock } from "../moving-clock.ts";
import { BackgroundFaults } from "./background-faults.ts";
import { CallFaults } from "./call-faults.ts";
import { CallLog } from "./call-log.ts";
import { regions } from "./catalog.ts";
import { defaultSettings, type Ec2Settings } from "./settings.ts";
import { TokenBuckets } from "./token-buckets.ts";
import { World } from "./world.ts";

/** What a fake EC2 begins with. */
export interface Ec2Options {
  readonly settings?: Partial<Ec2Settings>;
  /** Keys that it accepts; default {@link defaultAccessKey}. */
  readonly accessKeys?: readonly AccessKey[];
  /** Default: all that need no opting in. */
  readonly enabledRegions?: readonly string[];
  /** Accounts without a default VPC; default none. */
  readonly accountsWithoutDefaultVpc?: readonly string[];
}

/** The key that a fake EC2 accepts unless it is told others. */
export const defaultAccessKey: AccessKey = { accessKeyId: "AKIAFAKECLOUDS000001", secretAccessKey: "fake-clouds-secret-access-key-000000001", accountId: "111122223333" };

const longestSettlingMs = 5000;

/** The fake EC2 itself, without HTTP: its clock, its books, its faults. */
export class Ec2Cloud {
  readonly clock = new MovingClock();
  readonly log = new CallLog();
  readonly faults = new CallFaults();
  readonly background = new BackgroundFaults();
  readonly machineFaults = new MachineFaults();
  readonly buckets = new TokenBuckets(() => this.clock.now());
  readonly accessKeys: readonly AccessKey[];
  readonly enabledRegions: readonly string[];
  settings: Ec2Settings;
  /** So long the next instance to be ended takes, instead of what the settings say. */
  slowEndSeconds: number | undefined;
  /** Port on which the machines answer, each at an address of its own. */
  sshPort = 0;
  readonly #options: Ec2Options;
  readonly #worlds = new Map<string, World>();
  #hosts = 0;

  constructor(options: Ec2Options = {}) {
    this.#options = options;
    this.settings = { ...defaultSettings, ...options.settings };
    this.accessKeys = options.accessKeys ?? [defaultAccessKey];
    this.enabledRegions = options.enabledRegions ?? Object.entries(regions).filter(([, { optIn }]) => !optIn).map(([name]) => name);
  }

  /** What an account has in a region. */
  world(accountId: string, region: string): World {
    const key = `${accountId}/${region}`;
    const hasDefaultVpc = this.#options.accountsWithoutDefaultVpc?.includes(accountId) !== true;
    let world = this.#worlds.get(key);
    if (world === undefined) this.#worlds.set(key, world = new World(accountId, region, { hasDefaultVpc, atMs: 0 }));
    return world;
  }

  get worlds(): readonly World[] {
    return [...this.#worlds.values()];
  }

  /** A loopback address that no other machine of this cloud has. */
  nextHost(): string {
    this.#hosts += 1;
    return `127.${64 + ((this.#hosts >> 16) & 63)}.${(this.#hosts >> 8) & 255}.${this.#hosts & 255}`;
  }

  /** Moves the clock on, and lets the machines whose deadline it has passed end their processes, which takes time of its own. */
  async advance(seconds: number): Promise<void> {
    this.clock.advance(seconds);
    const ending = new AbortController();
    try {
      const machines = this.worlds.flatMap(({ instances }) => [...instances.values()].flatMap(({ machine }) => machine ?? []));
      await Promise.race([Promise.all(machines.map((machine) => machine.settled())), sleep(longestSettlingMs, undefined, { signal: ending.signal })]);
    } finally {
      ending.abort();
    }
  }

  /** Ends all machines. */
  close(): void {
    this.clock.stop();
    for (const world of this.worlds) for (const { machine } of world.made) machine?.close();
  }
}
