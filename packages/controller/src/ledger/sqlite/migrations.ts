import type { DatabaseSync } from "node:sqlite";
import { BridgeError, toBridgeError } from "@bridge/core";
import { Kysely, sql, SqliteDialect } from "kysely";
import { type Migration, Migrator } from "kysely/migration";

/** The schema's history. Entries are only ever added; kysely runs each once, in the order of their names. */
const migrations: Readonly<Record<string, Migration>> = {
  "2026-11-25-grants-and-attempts": {
    async up(db: Kysely<unknown>) {
      await sql`create table meta (name text primary key, value text not null) strict, without rowid`.execute(db);
      await sql`create table grants (
        request_key text primary key, issuer text not null, request_id text not null, claims text not null,
        state text not null check (state in ('accepted', 'running', 'ending', 'settled')), active integer not null default 1,
        accepted_at_ms integer not null, deadline_ms integer not null, cancelled_at_ms integer,
        envelope_mac text not null, envelope_box text, routing text not null default '[]',
        result text, receipt text, log text, settled_at_ms integer,
        cpu_millicores integer not null, ram_mib integer not null, storage_gib integer not null, core_seconds real not null,
        unique (issuer, request_id)
      ) strict`.execute(db);
      await sql`create index grants_by_day on grants (accepted_at_ms, issuer, core_seconds)`.execute(db);
      await sql`create index grants_unsettled on grants (accepted_at_ms) where state <> 'settled'`.execute(db);
      await sql`create table attempts (
        request_key text not null references grants, attempt integer not null check (attempt > 0),
        state text not null check (state in ('intended', 'created', 'running', 'closing', 'closed')),
        backend text not null, placement text not null, intent_at_ms integer not null, deadline_ms integer not null,
        key_version integer not null, salt text, instance_id text, ready_at_ms integer, instance text, usage text, failure text,
        closing_since_ms integer, close_after_ms integer,
        primary key (request_key, attempt)
      ) strict, without rowid`.execute(db);
      await sql`create index attempts_open on attempts (state) where state <> 'closed'`.execute(db);
      await createTotals(db);
    },
  },
};

/**
 * What is reserved and what was admitted, per party (an issuer, or the owner as a whole), kept by triggers: admission must
 * not add up all grants each time. Admissions are summed up by ten minutes.
 */
async function createTotals(db: Kysely<unknown>): Promise<void> {
  await sql`create table reserved (party text primary key, grants integer not null, cpu_millicores integer not null, ram_mib integer not null, storage_gib integer not null) strict, without rowid`.execute(db);
  await sql`create table admitted (party text not null, span integer not null, core_seconds real not null, primary key (party, span)) strict, without rowid`.execute(db);
  await sql`create trigger grants_added after insert on grants begin
    insert into reserved select column1, 1, new.cpu_millicores, new.ram_mib, new.storage_gib from (values ('owner'), ('issuer:' || new.issuer)) where true
      on conflict do update set grants = grants + 1, cpu_millicores = cpu_millicores + new.cpu_millicores, ram_mib = ram_mib + new.ram_mib, storage_gib = storage_gib + new.storage_gib;
    insert into admitted select column1, new.accepted_at_ms / 600000, new.core_seconds from (values ('owner'), ('issuer:' || new.issuer)) where true
      on conflict do update set core_seconds = core_seconds + new.core_seconds;
  end`.execute(db);
  await sql`create trigger grants_released after update of active on grants when old.active = 1 and new.active = 0 begin
    update reserved set grants = grants - 1, cpu_millicores = cpu_millicores - new.cpu_millicores, ram_mib = ram_mib - new.ram_mib, storage_gib = storage_gib - new.storage_gib
      where party in ('owner', 'issuer:' || new.issuer);
  end`.execute(db);
  await sql`create trigger grants_ended_early after update of core_seconds on grants begin
    update admitted set core_seconds = core_seconds - old.core_seconds + new.core_seconds where party in ('owner', 'issuer:' || new.issuer) and span = new.accepted_at_ms / 600000;
  end`.execute(db);
}

/** kysely's driver speaks to better-sqlite3's interface; node:sqlite has the same calls under almost the same names. */
const dialectOf = (database: DatabaseSync): SqliteDialect => new SqliteDialect({
  database: {
    close: () => {},
    prepare: (text) => {
      const statement = database.prepare(text);
      // kysely gives what SQLite takes; their types know nothing of each other.
      const values = (parameters: readonly unknown[]) => parameters as string[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      };
    },
  },
});

/**
 * Brings the schema to this version's.
 *
 * @throws BridgeError `ledger_conflict` when a newer version has changed it, naming the changes.
 */
export async function migrate(database: DatabaseSync): Promise<void> {
  const hasHistory = database.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get() !== undefined;
  const applied = hasHistory ? database.prepare("select name from kysely_migration").all().map(({ name }) => String(name)) : [];
  const unknown = applied.filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length > 0) {
    throw new BridgeError("ledger_conflict", `the ledger was written by a newer version of Bridge, which made these changes to its schema: ${unknown.join(", ")}; install that version`);
  }
  if (applied.length === Object.keys(migrations).length) return;
  const { error } = await new Migrator({ db: new Kysely({ dialect: dialectOf(database) }), provider: { getMigrations: async () => ({ ...migrations }) } }).migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : toBridgeError(error);
}
