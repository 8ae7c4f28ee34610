import { BridgeError, toBridgeError } from "@bridge/core";
import type { Clock } from "../../src/clock.ts";
import type { World } from "./world.ts";

/** One process of ours, from its start to its death. Whatever it still does when it is dead has no effect, and nothing answers it. */
export class Life {
  readonly world: World;
  readonly number: number;
  readonly clock: Clock;
  /** Steps of the scheduler before it began. */
  readonly bornAtStep: number;
  probes = 0;
  readonly #passes = new Map<string, number>();
  #isAlive = true;
  #whenDead: (() => void) | undefined;

  constructor(world: World, number: number, whenDead: () => void) {
    this.world = world;
    this.number = number;
    this.bornAtStep = world.scheduler.steps;
    this.#whenDead = whenDead;
    const bornMs = world.scheduler.nowMs;
    this.clock = {
      now: () => world.scheduler.nowMs + world.aheadMs,
      monotonic: () => world.scheduler.nowMs - bornMs,
      wait: (milliseconds, signal) => this.#wait(milliseconds, signal),
    };
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Counts a kill point that is passed; returns how often it was. */
  passes(point: string): number {
    const times = (this.#passes.get(point) ?? 0) + 1;
    this.#passes.set(point, times);
    return times;
  }

  kill(why: string): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.world.say(`process ${this.number}`, () => `dies: ${why}`);
    this.#whenDead?.();
  }

  /** It goes on beside its successor; nobody restarts it when it dies. */
  retire(): void {
    this.#whenDead = undefined;
  }

  /** The same answer, if the process still lives to hear it. */
  heard<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      answer.then((value) => { if (this.#isAlive) resolve(value); }, (error: unknown) => { if (this.#isAlive) reject(toBridgeError(error)); });
    });
  }

  #wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#isAlive) return;
      const aborted = () => new BridgeError("aborted", "the wait was ended");
      if (signal?.aborted === true) return void reject(aborted());
      const onAbort = () => {
        takeBack();
        reject(aborted());
      };
      // Timers are late as often as they are on time.
      const lateMs = this.world.random.pick([0, 0, 0, 1, 7, 400]);
      const takeBack = this.world.scheduler.after(milliseconds + lateMs, () => {
        signal?.removeEventListener("abort", onAbort);
        if (this.#isAlive) resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}
