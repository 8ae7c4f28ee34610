import type { DatabaseSync } from "node:sqlite";
import type { Ledger, LedgerCounts } from "../ledger.ts";
import type { AttemptRow, GrantRow } from "../rows.ts";
import type { Step } from "../steps.ts";
import { StepWriter } from "./apply-step.ts";
import { Batch } from "./batch.ts";
import { attemptRow, grantRow } from "./read-rows.ts";
import { ledgerError, readError } from "./sqlite-errors.ts";

/** A {@link Ledger} in one SQLite file, held by one process. */
export class SqliteLedger implements Ledger {
  readonly ledgerId: string;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #writer: StepWriter;
  readonly #batch: Batch;
  readonly #adopted: Set<string>;

  constructor(database: DatabaseSync, { file, ledgerId, soon }: { readonly file: string; readonly ledgerId: string; readonly soon: (flush: () => void) => void }) {
    this.#database = database;
    this.#file = file;
    this.ledgerId = ledgerId;
    this.#writer = new StepWriter(database);
    this.#batch = new Batch(database, { soon, onBegin: () => this.#writer.begin() });
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
    return this.#read(() => this.#database.prepare("select * from grants where request_key = ?").all(requestKey).map(grantRow)[0]);
  }

  async attempts(requestKey: string): Promise<readonly AttemptRow[]> {
    return this.#read(() => this.#database.prepare("select * from attempts where request_key = ? order by attempt").all(requestKey).map(attemptRow));
  }

  async attempt(requestKey: string, attempt: number): Promise<AttemptRow | undefined> {
    return this.#read(() => this.#database.prepare("select * from attempts where request_key = ? and attempt = ?").all(requestKey, attempt).map(attemptRow)[0]);
  }

  async unsettled(): Promise<readonly string[]> {
    return this.#read(() => this.#database.prepare("select request_key from grants where state <> 'settled' order by accepted_at_ms").all().map((row) => String(row["request_key"])));
  }

  async openAttempts(): Promise<readonly AttemptRow[]> {
    return this.#read(() => this.#database.prepare("select * from attempts where state <> 'closed'").all().map(attemptRow));
  }

  async counts(): Promise<LedgerCounts> {
    return this.#read(() => {
      const rows = this.#database.prepare("select state, count(*) as count from grants group by state").all();
      const of = (state: string) => Number(rows.find((row) => row["state"] === state)?.["count"] ?? 0);
      const open = this.#database.prepare("select count(*) as count from attempts where state <> 'closed'").get();
      return { grants: { accepted: of("accepted"), running: of("running"), ending: of("ending"), settled: of("settled") }, openAttempts: Number(open?.["count"] ?? 0) };
    });
  }

  async compact(): Promise<void> {
    this.#read(() => this.#database.exec("pragma wal_checkpoint(truncate)"));
  }

  async close(): Promise<void> {
    if (!this.#database.isOpen) return;
    try {
      await this.compact();
    } finally {
      // Whatever could not be written: the file is let go of.
      this.#database.close();
    }
  }

  /** What is waiting is written first: nobody reads what a crash could take back. */
  #read<T>(read: () => T): T {
    try {
      this.#batch.flush();
      return read();
    } catch (error) {
      throw readError(error, this.#file);
    }
  }
}
