import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { BridgeError } from "@bridge/core";
import { deriveSeed } from "@bridge/core/keys";
import type { Ledger } from "../ledger.ts";
import { migrate } from "./migrations.ts";
import { ledgerError } from "./sqlite-errors.ts";
import { SqliteLedger } from "./sqlite-ledger.ts";

/** Which ledger, and whose. */
export interface OpenLedgerOptions {
  /** Path of the SQLite file; a second, `-wal`, is beside it while it is open. `:memory:` for one that ends with the process. */
  readonly file: string;
  /** The owner that it belongs to. */
  readonly owner: string;
  /** The current master secret and its version; the ledger refuses another one for a version that it knows. */
  readonly masterSecret: Uint8Array | string;
  /** Default 1. */
  readonly keyVersion?: number;
  /** Earlier master secrets by key version. Default: none. */
  readonly retiredSecrets?: Readonly<Record<number, Uint8Array | string>>;
  /** `never`: a missing file is an error, for installations that must not begin anew by mistake. Default `if-missing`. */
  readonly create?: "if-missing" | "never";
  /** When commits that came together are written. Default: at the end of this turn of the event loop. */
  readonly soon?: (flush: () => void) => void;
}

/**
 * Opens a ledger, or makes it, and holds it until it is closed or the process ends.
 *
 * @throws BridgeError `ledger_conflict` when another process holds it, it belongs to another owner or master secret, a newer
 * version wrote it, or it is damaged; `not_found` with `create: "never"`; `unavailable` when it cannot be written.
 */
export async function openLedger(options: OpenLedgerOptions): Promise<Ledger> {
  const { file, create = "if-missing", soon = (flush) => void setImmediate(flush) } = options;
  if (create === "never" && !existsSync(file)) throw new BridgeError("not_found", `there is no ledger ${file}; restore it, or open it with create: "if-missing" to begin anew`);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    // The lock is taken with the first write and ends with the process, however that ends.
    database.exec("pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma foreign_keys = on");
    database.exec("begin exclusive; commit");
    const [damage] = database.prepare("pragma quick_check(1)").all();
    if (damage?.["quick_check"] !== "ok") throw new BridgeError("ledger_conflict", `the ledger ${file} is damaged: ${String(damage?.["quick_check"])}; restore a backup`);
    await migrate(database);
    return new SqliteLedger(database, { file, ledgerId: identify(database, options), soon });
  } catch (error) {
    database?.close();
    throw ledgerError(error, file);
  }
}

/** The ledger's id; made at the first opening, with the owner and a check of the master secrets. */
function identify(database: DatabaseSync, { file, owner, masterSecret, keyVersion = 1, retiredSecrets = {} }: OpenLedgerOptions): string {
  const keep = (name: string, make: () => string): string => {
    const known = database.prepare("select value from meta where name = ?").get(name)?.["value"];
    if (typeof known === "string") return known;
    const value = make();
    database.prepare("insert into meta (name, value) values (?, ?)").run(name, value);
    return value;
  };
  const ledgerId = keep("ledger", () => `l${randomBytes(8).toString("hex")}`);
  const keptOwner = keep("owner", () => owner);
  if (keptOwner !== owner) throw new BridgeError("ledger_conflict", `the ledger ${file} belongs to owner "${keptOwner}", not "${owner}"`);
  for (const [version, secret] of [...Object.entries(retiredSecrets), [String(keyVersion), masterSecret] as const]) {
    const check = createHmac("sha256", deriveSeed(secret, new Uint8Array(), ["ledger-check"])).update(ledgerId).digest();
    const known = Buffer.from(keep(`key:${version}`, () => check.toString("hex")), "hex");
    if (!timingSafeEqual(known, check)) {
      throw new BridgeError("ledger_conflict", `the master secret of key version ${version} is not the one that the ledger ${file} was written with; give that one back, or give the new one a higher keyVersion and the old one as retiredSecrets[${version}]`);
    }
  }
  const unknown = database.prepare(`select key_version as version from attempts where state <> 'closed'
    union select cast(substr(envelope_box, 1, instr(envelope_box, '.') - 1) as integer) from grants where state <> 'settled' and envelope_box is not null`).all().map((row) => Number(row["version"]))
    .filter((version) => version !== keyVersion && !Object.hasOwn(retiredSecrets, version));
  if (unknown.length > 0) throw new BridgeError("ledger_conflict", `what is open in the ledger ${file} needs the master secret of key version ${unknown.join(", ")}, as retiredSecrets`);
  return ledgerId;
}
