import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Prepares each statement once. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #known = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The statement of this text, which must be one of a few. */
  of(text: string): StatementSync {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(text);
    this.#known.set(text, statement);
    return statement;
  }
}
