import { setTimeout as sleep } from "node:timers/promises";
import type { PlatformClock } from "./controls.ts";

const stepSeconds = 0.1;

/** Waits: on the computer's clock, or played through where the platform's clock is all that anybody waits on. */
export class Patience {
  readonly #clock: PlatformClock | undefined;

  constructor(clock: PlatformClock | undefined) {
    this.#clock = clock;
  }

  /** Milliseconds since the Unix epoch, by the platform's clock where it has one. */
  now(): number {
    return this.#clock?.now() ?? Date.now();
  }

  /** Lets time pass. */
  async sleep(seconds: number): Promise<void> {
    if (this.#clock?.virtual === true) await this.#clock.advance(seconds);
    else await sleep(seconds * 1000);
  }

  /** Lets time pass on the platform, and as much here only where both are the same. */
  async pass(seconds: number): Promise<void> {
    if (this.#clock === undefined) await sleep(seconds * 1000);
    else await this.#clock.advance(seconds);
  }

  /** Whether something settles within so many seconds. */
  async settles(work: Promise<unknown>, seconds: number): Promise<boolean> {
    const settled = work.then(() => true, () => true);
    if (this.#clock?.virtual !== true) {
      const ending = new AbortController();
      try {
        return await Promise.race([settled, sleep(seconds * 1000, false, { signal: ending.signal }).catch(() => false)]);
      } finally {
        ending.abort();
      }
    }
    for (let waitedSeconds = 0; ; waitedSeconds += stepSeconds) {
      if (await Promise.race([settled, new Promise<boolean>((resolve) => void setImmediate(resolve, false))])) return true;
      if (waitedSeconds >= seconds) return false;
      await this.#clock.advance(stepSeconds);
    }
  }

  /** The result of something, which must come within so many seconds. */
  async within<T>(work: Promise<T>, seconds: number, what: string): Promise<T> {
    if (await this.settles(work, seconds)) return work;
    // Whatever it still comes to is no longer anybody's.
    work.catch(() => {});
    throw new Error(`${what} took more than ${seconds} s`);
  }

  /** Looks again and again until it is so. */
  async until(isSo: () => Promise<boolean> | boolean, seconds: number, what: string): Promise<void> {
    const untilMs = this.now() + seconds * 1000;
    while (!(await isSo())) {
      if (this.now() >= untilMs) throw new Error(`not within ${seconds} s: ${what}`);
      await this.sleep(stepSeconds);
    }
  }
}
