import { decodeInstance } from "@bridge/core";
import type { SQLOutputValue } from "node:sqlite";
import type { AttemptRow, GrantRow, OpenAttempt } from "../rows.ts";

type Row = Readonly<Record<string, SQLOutputValue>>;

// SQLite says null for what is absent; a row of ours says nothing.
const given = (values: Readonly<Record<string, unknown>>): object => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
// Columns of JSON hold what a step wrote there.
const json = (value: SQLOutputValue | undefined): unknown => (typeof value === "string" ? JSON.parse(value) : undefined);

/** A row of `grants`. */
export function grantRow(row: Row): GrantRow {
  return given({
    requestKey: row["request_key"], grant: json(row["claims"]), state: row["state"], acceptedAtMs: row["accepted_at_ms"], deadlineMs: row["deadline_ms"],
    cancelledAtMs: row["cancelled_at_ms"], envelopeMac: row["envelope_mac"], envelopeBox: row["envelope_box"], routing: json(row["routing"]), result: json(row["result"]),
    receipt: row["receipt"], log: row["log"], settledAtMs: row["settled_at_ms"],
  }) as GrantRow; // of the types that steps are written with; the schema's constraints hold the rest
}

/** A row of `attempts`. */
export function attemptRow(row: Row): AttemptRow {
  const instance = row["instance"];
  return given({
    requestKey: row["request_key"], attempt: row["attempt"], state: row["state"], backend: row["backend"], placement: json(row["placement"]),
    intentAtMs: row["intent_at_ms"], deadlineMs: row["deadline_ms"], keyVersion: row["key_version"], salt: row["salt"], instanceId: row["instance_id"],
    readyAtMs: row["ready_at_ms"], instance: typeof instance === "string" ? decodeInstance(instance) : undefined, usage: json(row["usage"]),
    failure: json(row["failure"]), closingSinceMs: row["closing_since_ms"], closeAfterMs: row["close_after_ms"],
  }) as AttemptRow; // as above
}

/** An open one of `attempts`, with its scope. */
export const openAttempt = (row: Row): OpenAttempt =>
  ({ requestKey: row["request_key"], attempt: row["attempt"], state: row["state"], backend: row["backend"], placement: { scope: row["scope"] } }) as OpenAttempt; // as above
