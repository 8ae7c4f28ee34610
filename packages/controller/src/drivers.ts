import { toBridgeError } from "@bridge/core";
import { waited } from "./clock.ts";
import { closeAttempt } from "./grant/close-attempt.ts";
import { driveGrant } from "./grant/drive-grant.ts";
import { GrantSignals } from "./grant/grant-signals.ts";
import type { AttemptRow } from "./ledger/rows.ts";
import { pauseMs, type Work } from "./work.ts";

/** What is being worked on in this process: at most one driver for each grant, at most one closer for each attempt. Everything they know is in the ledger. */
export class Drivers {
  readonly #grants = new Map<string, { readonly signals: GrantSignals; readonly done: Promise<void> }>();
  readonly #closers = new Map<string, Promise<void>>();

  /** Works on a grant, unless somebody does. */
  drive(work: Work, requestKey: string): void {
    if (this.#grants.has(requestKey) || work.stopping.aborted) return;
    const signals = new GrantSignals(work);
    const done = driveGrant(work, requestKey, signals).finally(() => this.#grants.delete(requestKey));
    this.#grants.set(requestKey, { signals, done });
  }

  /** Tells whoever works on a grant that it is to end. */
  cancel(requestKey: string): void {
    this.#grants.get(requestKey)?.signals.end("cancelled");
  }

  /** Closes one attempt, unless somebody does; resolves when it is closed or the controller stops. */
  close(work: Work, requestKey: string, attempt: number): Promise<void> {
    const key = `${requestKey}/${attempt}`;
    const known = this.#closers.get(key);
    if (known !== undefined) return known;
    const closer = closeAttempt(work, requestKey, attempt).finally(() => this.#closers.delete(key));
    this.#closers.set(key, closer);
    return closer;
  }

  /** Closes what is to be closed of a grant; resolves when it is, or the controller stops. Never rejects: whoever does not wait relies on it. */
  async closeAll(work: Work, requestKey: string): Promise<void> {
    const attempts = await this.#attemptsOf(work, requestKey);
    await Promise.all(attempts.filter(({ state }) => state === "closing").map(({ attempt }) => this.close(work, requestKey, attempt)));
  }

  /** Asks the ledger until it answers. */
  async #attemptsOf(work: Work, requestKey: string): Promise<readonly AttemptRow[]> {
    for (let failures = 1; !work.stopping.aborted; failures++) {
      try {
        return await work.ledger.attempts(requestKey);
      } catch (thrown) {
        work.log.error({ requestKey, error: toBridgeError(thrown).message }, "the attempts of a grant cannot be read; what is to be closed waits");
        await waited(work.clock, pauseMs(work, failures), work.stopping);
      }
    }
    return [];
  }

  /** Resolves when nobody works any more; the controller must be stopping. */
  async ended(): Promise<void> {
    await Promise.all([...[...this.#grants.values()].map(({ done }) => done), ...this.#closers.values()]);
  }
}
