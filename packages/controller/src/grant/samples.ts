import { toBridgeError } from "@bridge/core";
import type { AttemptRow, Usage } from "../ledger/rows.ts";
import type { Work } from "../work.ts";
import { checkedUsage, latest } from "./usage.ts";

/** The readings of one run: the last is kept, and written down now and then, so that a crash loses little. */
export class Samples {
  readonly #work: Work;
  readonly #attempt: Pick<AttemptRow, "requestKey" | "attempt">;
  #last: Usage | undefined;
  #written: Usage | undefined;
  /** By the monotonic clock. */
  #writtenAtMs: number;
  #writing: Promise<void> = Promise.resolve();

  constructor(work: Work, { requestKey, attempt, usage }: AttemptRow) {
    this.#work = work;
    this.#attempt = { requestKey, attempt };
    this.#last = usage;
    this.#written = usage;
    this.#writtenAtMs = usage === undefined ? Number.NEGATIVE_INFINITY : work.clock.monotonic();
  }

  /** The last reading, of this or an earlier process. */
  get last(): Usage | undefined {
    return this.#last;
  }

  /** A reading on the way; what is none is not taken. */
  take(said: unknown): void {
    try {
      const { exit: _exit, ...usage } = checkedUsage({ ...Object(said), exit: { reason: "lost" } });
      this.#last = latest(this.#last, usage);
    } catch (thrown) {
      this.#work.log.warn({ ...this.#attempt, error: toBridgeError(thrown).message }, "a backend reported usage that is none");
      return;
    }
    if (this.#work.clock.monotonic() - this.#writtenAtMs >= this.#work.settings.sampleSeconds * 1000) this.#writing = this.#write();
  }

  /** Writes the last reading down, unless it is. */
  async keepLast(): Promise<void> {
    await this.#writing;
    if (this.#last !== this.#written) await this.#write();
  }

  async #write(): Promise<void> {
    const usage = this.#last;
    if (usage === undefined) return;
    this.#writtenAtMs = this.#work.clock.monotonic();
    this.#written = usage;
    try {
      await this.#work.sideEffects.commit({ kind: "sample", ...this.#attempt, usage });
    } catch (thrown) {
      // The next one will do; the result holds the last reading in any case.
      this.#work.log.warn({ ...this.#attempt, error: toBridgeError(thrown).message }, "a sample of usage could not be written");
    }
  }
}
