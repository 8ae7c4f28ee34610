import type { DatabaseSync } from "node:sqlite";

interface Waiting {
  readonly apply: () => boolean;
  readonly resolve: (changed: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Writes what is asked for in one turn of the event loop in one transaction, so that many commits share one fsync. A step that fails spoils no other. */
export class Batch {
  readonly #database: DatabaseSync;
  readonly #soon: (flush: () => void) => void;
  #waiting: Waiting[] = [];

  constructor(database: DatabaseSync, soon: (flush: () => void) => void) {
    this.#database = database;
    this.#soon = soon;
  }

  /** Resolves once it is durable. @throws what `apply` throws, or why the transaction could not be written. */
  add(apply: () => boolean): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#waiting.push({ apply, resolve, reject });
    if (this.#waiting.length === 1) this.#soon(() => this.flush());
    return promise;
  }

  /** Writes what waits, now. */
  flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    const answers: (() => void)[] = [];
    try {
      this.#database.exec("begin immediate");
      for (const waiting of batch) answers.push(this.#applied(waiting));
      this.#database.exec("commit");
    } catch (error) {
      for (const { reject } of batch) reject(error);
      this.#rollBack();
      return;
    }
    for (const answer of answers) answer();
  }

  /** The database may have been closed, or have rolled back by itself; nobody waits for this. */
  #rollBack(): void {
    try {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec("rollback");
    } catch {
      // Whatever was not committed is gone with the connection.
    }
  }

  #applied({ apply, resolve, reject }: Waiting): () => void {
    this.#database.exec("savepoint step");
    try {
      const changed = apply();
      this.#database.exec("release step");
      return () => resolve(changed);
    } catch (error) {
      // A full disk has ended the transaction already: then all of the batch fails.
      if (!this.#database.isTransaction) throw error;
      this.#database.exec("rollback to step; release step");
      return () => reject(error);
    }
  }
}
