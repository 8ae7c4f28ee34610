import type { DatabaseSync } from "node:sqlite";
import type { Ledger, LedgerCounts } from "../ledger.ts";
import type { AttemptRow, GrantRow, OpenAttempt } from "../rows.ts";
import type { Step } from "../steps.ts";
import { StepWriter } from "./apply-step.ts";
import { Batch } from "./batch.ts";
import { attemptRow, grantRow, openAttempt } from "./read-rows.ts";
import { ledgerError, readError } from "./sqlite-errors.ts";
import { Statements } from "./statements.ts";

/** A {@link Ledger} in one SQLite file, held by one process. */
export class SqliteLedger implements Ledger {
  readonly ledgerId: string;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #statements: Statements;
  readonly #writer: StepWriter;
  readonly #batch: Batch;
  readonly #adopted: Set<string>;

  constructor(database: DatabaseSync, { file, ledgerId, soon }: { readonly file: string; readonly ledgerId: string; readonly soon: (flush: () => void) => void }) {
    this.#database = database;
    this.#file = file;
    this.ledgerId = ledgerId;
    this.#statements = new Statements(database);
    this.#writer = new StepWriter(this.#statements);
    this.#batch = new Batch(database, soon);
    this.#adopted = new Set(database.prepare("select substr(name, 9) as id from meta where name like 'adopted:%'").all().map(({ id }) => String(id)));
  }

  get adoptedLedgers(): ReadonlySet<string> {
    return this.#adopted;
  }

  async commit(step: Step): Promise<boolean> {
    try {
      const changed = await this.#batch.add(() => this.#writer.apply(step));
      if (step.kind === "adopt") this.#adopted.add(step.ledgerId);
      return changed;
    } catch (error) {
      throw ledgerError(error, this.#file);
    }
  }

  async grant(requestKey: string): Promise<GrantRow | undefined> {
    return this.#read(() => this.#statements.of("select * from grants where request_key = ?").all(requestKey).map(grantRow)[0]);
  }

  async attempts(requestKey: string): Promise<readonly AttemptRow[]> {
    return this.#read(() => this.#statements.of("select * from attempts where request_key = ? order by attempt").all(requestKey).map(attemptRow));
  }

  async attempt(requestKey: string, attempt: number): Promise<AttemptRow | undefined> {
    return this.#read(() => this.#statements.of("select * from attempts where request_key = ? and attempt = ?").all(requestKey, attempt).map(attemptRow)[0]);
  }

  async unsettled(): Promise<readonly string[]> {
    return this.#read(() => this.#statements.of("select request_key from grants where state <> 'settled' order by accepted_at_ms").all().map((row) => String(row["request_key"])));
  }

  async openAttempts(): Promise<readonly OpenAttempt[]> {
    return this.#read(() => this.#statements.of("select request_key, attempt, state, backend, json_extract(placement, '$.scope') as scope from attempts where state <> 'closed'").all().map(openAttempt));
  }

  async counts(): Promise<LedgerCounts> {
    return this.#read(() => {
      const rows = this.#statements.of("select state, count(*) as count from grants group by state").all();
      const of = (state: string) => Number(rows.find((row) => row["state"] === state)?.["count"] ?? 0);
      const open = this.#statements.of("select count(*) as count from attempts where state <> 'closed'").get();
      return { grants: { accepted: of("accepted"), running: of("running"), ending: of("ending"), settled: of("settled") }, openAttempts: Number(open?.["count"] ?? 0) };
    });
  }

  async compact(): Promise<void> {
    this.#read(() => this.#database.exec("pragma wal_checkpoint(truncate)"));
  }

  async close(): Promise<void> {
    if (!this.#database.isOpen) return;
    try {
      this.#batch.flush();
      await this.compact();
    } finally {
      // Whatever could not be written: the file is let go of.
      this.#database.close();
    }
  }

  /** Steps that wait are not in the database yet: nobody reads what a crash could take back, and no reader hurries a batch. */
  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw readError(error, this.#file);
    }
  }
}
