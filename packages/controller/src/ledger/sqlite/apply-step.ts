import type { SQLInputValue } from "node:sqlite";
import { BridgeError, encodeInstance, type RoutingStep } from "@bridge/core";
import { type InUse, leaseCoreSeconds, requireWithinLimits } from "../../admission/limits.ts";
import type { Step, StepKind } from "../steps.ts";
import type { Statements } from "./statements.ts";

type StepOf<Kind extends StepKind> = Extract<Step, { kind: Kind }>;

const dayMs = 86_400_000;
/** Of the sums in `admitted`. */
const spanMs = 600_000;
/** Decisions that are kept about one grant; the oldest go first. */
const keptDecisions = 100;

/** Writes steps into the database, each under the caller's transaction. Conditions in the statements keep a late step from undoing a later one. */
export class StepWriter {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Applies a step; returns whether it changed anything. @throws BridgeError `conflict`, `limit_exceeded` for an `accept`. */
  apply(step: Step): boolean {
    switch (step.kind) {
      case "accept": return this.#accept(step);
      case "intend": return this.#intend(step);
      case "created": return this.#attempt("instance_id = :value, state = case state when 'intended' then 'created' else state end", "instance_id is null", step, step.instanceId);
      case "ready": return this.#attempt("ready_at_ms = :value", "ready_at_ms is null and state in ('intended', 'created')", step, step.atMs);
      case "run": return this.#runs(step);
      case "sample": return this.#attempt("usage = :value", "state = 'running'", step, JSON.stringify(step.usage));
      case "abandon": return this.#abandon(step);
      case "close": return this.#close(step);
      case "end": return this.#end(step);
      case "settle": return this.#settle(step);
      case "cancel": return this.#write("update grants set cancelled_at_ms = :at where request_key = :key and cancelled_at_ms is null and state in ('accepted', 'running')", { key: step.requestKey, at: step.atMs });
      case "adopt": return this.#write("insert into meta (name, value) values (:name, :at) on conflict do nothing", { name: `adopted:${step.ledgerId}`, at: String(step.atMs) });
    }
  }

  #accept({ requestKey, grant, envelopeMac, envelopeBox, deadlineMs, atMs, issuerLimits, ownerLimits }: StepOf<"accept">): boolean {
    const { issuer, requestId, manifest } = grant;
    const known = this.#statements.of("select request_key, envelope_mac from grants where issuer = ? and request_id = ?").get(issuer, requestId);
    if (known !== undefined) {
      if (known["request_key"] === requestKey && known["envelope_mac"] === envelopeMac) return false;
      const what = known["request_key"] === requestKey ? "envelope" : "grant";
      throw new BridgeError("conflict", `requestId: "${requestId}" of issuer "${issuer}" was submitted before with another ${what}; use a new request id`, { outcome: "none" });
    }
    const leaseSeconds = (deadlineMs - atMs) / 1000;
    requireWithinLimits(grant, leaseSeconds, [
      { who: `issuer "${issuer}"`, limits: issuerLimits, inUse: this.#inUse(atMs, issuer) },
      { who: "this installation", limits: ownerLimits, inUse: this.#inUse(atMs) },
    ]);
    return this.#write(`insert into grants (request_key, issuer, request_id, claims, state, accepted_at_ms, deadline_ms, envelope_mac, envelope_box, cpu_millicores, ram_mib, storage_gib, core_seconds)
      values (:key, :issuer, :requestId, :claims, 'accepted', :at, :deadline, :mac, :box, :cpu, :ram, :storage, :coreSeconds)`, {
      key: requestKey, issuer, requestId, claims: JSON.stringify(grant), at: atMs, deadline: deadlineMs, mac: envelopeMac, box: envelopeBox,
      cpu: manifest.cpuMillicores, ram: manifest.ramMib, storage: manifest.storageGib, coreSeconds: leaseCoreSeconds(grant, leaseSeconds),
    });
  }

  #inUse(atMs: number, issuer?: string): InUse {
    const party = issuer === undefined ? "owner" : `issuer:${issuer}`;
    const sums = this.#statements.of("select grants, cpu_millicores as cpu, ram_mib as ram, storage_gib as storage from reserved where party = ?").get(party) ?? {};
    return { grants: Number(sums["grants"] ?? 0), cpuMillicores: Number(sums["cpu"] ?? 0), ramMib: Number(sums["ram"] ?? 0), storageGib: Number(sums["storage"] ?? 0), coreSeconds: this.#admittedSince(atMs - dayMs, party, issuer) };
  }

  /** Whole spans by their sums, the one that has begun before by its grants. */
  #admittedSince(sinceMs: number, party: string, issuer?: string): number {
    const firstWhole = Math.floor(sinceMs / spanMs) + 1;
    // A day longer than needed: somebody may set the clock back.
    this.#write("delete from admitted where party = :party and span < :first - 144", { party, first: firstWhole });
    const whole = this.#statements.of("select total(core_seconds) as seconds from admitted where party = ? and span >= ?").get(party, firstWhole);
    // The plus keeps SQLite from the index by issuer, which holds all that the issuer ever had.
    const [andIssuer, of] = issuer === undefined ? ["", []] : [" and +issuer = ?", [issuer]];
    const rest = this.#statements.of(`select total(core_seconds) as seconds from grants where accepted_at_ms > ? and accepted_at_ms < ?${andIssuer}`).get(sinceMs, firstWhole * spanMs, ...of);
    // Sums that had parts taken away again are a little off.
    return Math.round((Number(whole?.["seconds"]) + Number(rest?.["seconds"])) * 1000) / 1000;
  }

  /** Not while another attempt is open, and not once the result is decided. */
  #intend({ requestKey, record, routing }: StepOf<"intend">): boolean {
    const written = this.#write(`insert into attempts (request_key, attempt, state, backend, placement, intent_at_ms, deadline_ms, key_version, salt)
      select :key, :attempt, 'intended', :backend, :placement, :intent, :deadline, :version, :salt
      where exists (select 1 from grants where request_key = :key and state = 'accepted' and cancelled_at_ms is null)
      and not exists (select 1 from attempts where request_key = :key and (state <> 'closed' or attempt >= :attempt))`, {
      key: requestKey, attempt: record.attempt, backend: record.backend, placement: JSON.stringify(record.placement), intent: record.intentAtMs,
      deadline: record.deadlineMs, version: record.keyVersion ?? 1, salt: record.salt,
    });
    if (written) this.#note(requestKey, routing);
    return written;
  }

  /** The workload has started: nothing will need the envelope any more. */
  #runs({ requestKey, attempt, instance, receipt, routing }: StepOf<"run">): boolean {
    const ran = this.#write("update grants set state = 'running', receipt = :receipt, envelope_box = null where request_key = :key and state = 'accepted' and exists (select 1 from attempts where request_key = :key and attempt = :attempt and state in ('intended', 'created'))", { key: requestKey, receipt, attempt });
    if (!ran) return false;
    this.#note(requestKey, routing);
    return this.#write("update attempts set state = 'running', instance = :instance, instance_id = :id where request_key = :key and attempt = :attempt and state in ('intended', 'created')", {
      key: requestKey, attempt, instance: encodeInstance(instance), id: instance.instanceId,
    });
  }

  #abandon({ requestKey, attempt, failure, atMs, closeAfterMs, routing }: StepOf<"abandon">): boolean {
    const abandoned = this.#write("update attempts set state = 'closing', failure = :failure, closing_since_ms = :at, close_after_ms = :after where request_key = :key and attempt = :attempt and state in ('intended', 'created')", {
      key: requestKey, attempt, failure: JSON.stringify(failure), at: atMs, after: closeAfterMs ?? null,
    });
    if (abandoned) this.#note(requestKey, routing);
    return abandoned;
  }

  #close({ requestKey, attempt, failure, routing }: StepOf<"close">): boolean {
    const closed = this.#write("update attempts set state = 'closed', salt = null, failure = coalesce(:failure, failure) where request_key = :key and attempt = :attempt and state <> 'closed'", {
      key: requestKey, attempt, failure: failure === undefined ? null : JSON.stringify(failure),
    });
    if (closed && routing !== undefined) this.#note(requestKey, routing);
    this.#release(requestKey);
    return closed;
  }

  #end({ requestKey, result, atMs, closeAfterMs, routing }: StepOf<"end">): boolean {
    const ended = this.#write("update grants set state = 'ending', result = :result, envelope_box = null where request_key = :key and state in ('accepted', 'running')", { key: requestKey, result: JSON.stringify(result) });
    if (!ended) return false;
    if (routing !== undefined) this.#note(requestKey, routing);
    this.#write("update attempts set state = 'closing', closing_since_ms = :at, close_after_ms = coalesce(:after, close_after_ms) where request_key = :key and state in ('intended', 'created', 'running')", { key: requestKey, at: atMs, after: closeAfterMs ?? null });
    return true;
  }

  /** The core-seconds that were reserved become those of the lease as it was. */
  #settle({ requestKey, log, atMs }: StepOf<"settle">): boolean {
    const settled = this.#write(`update grants set state = 'settled', log = :log, settled_at_ms = :at,
      core_seconds = min(core_seconds, max(0, (coalesce(json_extract(result, '$.endedAtMs'), :at) - accepted_at_ms) / 1000.0 * cpu_millicores / 1000.0))
      where request_key = :key and state = 'ending'`, { key: requestKey, log, at: atMs });
    this.#release(requestKey);
    return settled;
  }

  /** A grant counts against limits until it is settled and nothing of it is left. */
  #release(requestKey: string): void {
    this.#write(`update grants set active = 0 where request_key = :key and active = 1 and state = 'settled'
      and not exists (select 1 from attempts where request_key = :key and state <> 'closed')`, { key: requestKey });
  }

  #note(requestKey: string, routing: readonly RoutingStep[]): void {
    if (routing.length === 0) return;
    const before = this.#statements.of("select routing from grants where request_key = ?").get(requestKey)?.["routing"];
    const all = JSON.parse(typeof before === "string" ? before : "[]") as unknown[]; // only this function writes it
    this.#write("update grants set routing = :routing where request_key = :key", { key: requestKey, routing: JSON.stringify([...all, ...routing].slice(-keptDecisions)) });
  }

  #attempt(set: string, condition: string, { requestKey, attempt }: { readonly requestKey: string; readonly attempt: number }, value: SQLInputValue): boolean {
    return this.#write(`update attempts set ${set} where request_key = :key and attempt = :attempt and state <> 'closed' and ${condition}`, { key: requestKey, attempt, value });
  }

  #write(text: string, values: Readonly<Record<string, SQLInputValue>>): boolean {
    return this.#statements.of(text).run(values).changes !== 0;
  }
}
