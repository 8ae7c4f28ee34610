import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { migrate } from "../../src/ledger/sqlite/migrations.ts";
import { SqliteLedger } from "../../src/ledger/sqlite/sqlite-ledger.ts";
import { ledgerId } from "./names.ts";

/** Compiles each statement once: the next processes use it again. */
class RememberingDatabase extends DatabaseSync {
  readonly #statements = new Map<string, StatementSync>();

  override prepare(text: string): StatementSync {
    const known = this.#statements.get(text) ?? super.prepare(text);
    this.#statements.set(text, known);
    return known;
  }
}

type Row = Readonly<Record<string, SQLOutputValue>>;

/** The disk: one database in memory, emptied for each history. What is read here is durable, whatever a process believes. */
export class Store {
  readonly #database: DatabaseSync;
  readonly #grant: StatementSync;
  readonly #attempt: StatementSync;
  readonly #attempts: StatementSync;
  readonly #grants: StatementSync;
  readonly #adopted: StatementSync;
  /** Told when something is changed that is decided for good. */
  onRewritten: (what: string) => void = () => {};

  private constructor(database: DatabaseSync) {
    this.#database = database;
    database.function("rewritten", (what) => {
      this.onRewritten(String(what));
      return 0;
    });
    database.exec(`create temp trigger one_log before update of log on grants when old.log is not null and new.log is not old.log begin select rewritten('log of ' || old.request_key); end;
      create temp trigger one_result before update of result on grants when old.result is not null and new.result is not old.result begin select rewritten('result of ' || old.request_key); end;
      create temp trigger one_deadline before update of deadline_ms on grants when new.deadline_ms <> old.deadline_ms begin select rewritten('deadline of ' || old.request_key); end;
      create temp trigger stays_closed before update of state on attempts when old.state = 'closed' begin select rewritten('closed attempt ' || old.request_key || '/' || old.attempt); end;
      create temp trigger stays_settled before update of state on grants when old.state = 'settled' begin select rewritten('settled grant ' || old.request_key); end;`);
    this.#grant = database.prepare("select * from grants where request_key = ?");
    this.#attempt = database.prepare("select * from attempts where request_key = ? and attempt = ?");
    this.#attempts = database.prepare("select * from attempts where request_key = ? order by attempt");
    this.#grants = database.prepare("select * from grants");
    this.#adopted = database.prepare("select 1 from meta where name = ?");
  }

  static async open(): Promise<Store> {
    const database = new RememberingDatabase(":memory:");
    await migrate(database);
    return new Store(database);
  }

  /** For the next history. */
  clear(): void {
    if (this.#database.isTransaction) this.#database.exec("rollback");
    this.#database.exec("delete from attempts; delete from grants; delete from meta");
  }

  close(): void {
    this.#database.close();
  }

  /** The ledger as a new process opens it. */
  ledger(soon: (flush: () => void) => void): SqliteLedger {
    return new SqliteLedger(this.#database, { file: ":memory:", ledgerId, soon });
  }

  grant(requestKey: string): Row | undefined {
    return this.#grant.get(requestKey);
  }

  attempt(requestKey: string, attempt: number): Row | undefined {
    return this.#attempt.get(requestKey, attempt);
  }

  attempts(requestKey: string): readonly Row[] {
    return this.#attempts.all(requestKey);
  }

  grants(): readonly Row[] {
    return this.#grants.all();
  }

  isAdopted(id: string): boolean {
    return this.#adopted.get(`adopted:${id}`) !== undefined;
  }

  /** Whether there is nothing that a controller still has to do. */
  isSettled(): boolean {
    return this.#database.prepare("select 1 from grants where state <> 'settled' union all select 1 from attempts where state <> 'closed' limit 1").get() === undefined;
  }
}
