import { BridgeError, toBridgeError } from "@bridge/core";

/** Result codes (sqlite.org/rescode.html), and what they mean for a ledger; an extended code without an entry means what its primary one does. */
const meanings: Readonly<Record<number, readonly ["ledger_conflict" | "unavailable", string]>> = {
  5: ["ledger_conflict", "is held by another process; one ledger serves one process"],
  6: ["ledger_conflict", "is held by another connection; one ledger serves one process"],
  8: ["unavailable", "cannot be written: it is read-only"],
  10: ["unavailable", "cannot be read or written: the disk failed"],
  11: ["ledger_conflict", "is damaged; restore a backup: what lives on the platforms is listed by its tags and reported, nothing of it is ended before its deadline"],
  13: ["unavailable", "cannot be written: the disk is full"],
  14: ["unavailable", "cannot be opened; its folder must exist and be writable"],
  23: ["unavailable", "may not be opened"],
  26: ["ledger_conflict", "is no ledger: the file holds something else, or is damaged"],
  3850: ["unavailable", "cannot be locked for writing: its file system is read-only, or has no locks"],
};

/** What an error of SQLite means; anything else is returned as it is. */
export function ledgerError(error: unknown, file: string): unknown {
  const extended = error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0;
  const [code, text] = meanings[extended] ?? meanings[extended & 0xff] ?? [];
  if (code === undefined || !(error instanceof Error)) return error;
  return new BridgeError(code, `the ledger ${file} ${text} (${error.message})`, { cause: error });
}

/** What an error in reading rows means: where SQLite has no objection, a row is not what was written. */
export function readError(error: unknown, file: string): unknown {
  const meant = ledgerError(error, file);
  return meant === error ? new BridgeError("ledger_conflict", `the ledger ${file} is damaged: a row cannot be read (${toBridgeError(error).message}); restore a backup`, { cause: error }) : meant;
}
