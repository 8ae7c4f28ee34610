import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { BridgeError } from "@bridge/core/backend";

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && "code" in error && error.code === code;

function writeBeside(path: string, value: unknown): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString("hex")}`;
  writeFileSync(temporary, JSON.stringify(value), { mode: 0o600, flush: true });
  return temporary;
}

/** The JSON record at a path, undefined when there is none. A record is never seen half written. @throws BridgeError `internal` for a damaged one. */
export function readRecord(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BridgeError("internal", `the record ${path} is damaged: ${text.length} characters that are not JSON`, { cause: error });
  }
}

/** Writes a record whole, replacing the one before. */
export function replaceRecord(path: string, value: unknown): void {
  renameSync(writeBeside(path, value), path);
}

/**
 * Writes a record that is never replaced, and says whether this call was the one that wrote it. Of any number of processes
 * exactly one wins: link(2) fails when the name exists. There is no lock that could go stale.
 */
export function claimRecord(path: string, value: unknown): boolean {
  const temporary = writeBeside(path, value);
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}
