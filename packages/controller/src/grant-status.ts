import type { AttemptRow, Failure, GrantResult, GrantRow, GrantState, AttemptState } from "./ledger/rows.ts";
import type { RoutingStep } from "@bridge/core";

/** What became of one attempt so far. */
export interface AttemptStatus {
  readonly attempt: number;
  readonly backend: string;
  readonly region: string;
  readonly size: string;
  readonly state: AttemptState;
  readonly instanceId?: string;
  readonly failure?: Failure;
  /** Since when it is being ended, in milliseconds since the Unix epoch: something may be billed in vain. */
  readonly closingSinceMs?: number;
}

/** A grant as its submitter and the operator may see it. */
export interface GrantStatus {
  readonly requestKey: string;
  readonly requestId: string;
  readonly issuer: string;
  readonly state: GrantState;
  readonly acceptedAtMs: number;
  readonly deadlineMs: number;
  readonly cancelledAtMs?: number;
  readonly attempts: readonly AttemptStatus[];
  readonly routing: readonly RoutingStep[];
  /** From `running` on: the requester's access, signed, and sealed where the envelope brought a key. */
  readonly receipt?: string;
  /** From `ending` on. */
  readonly result?: GrantResult;
  /** Once settled: the signed ComputeLog, a compact JWS. */
  readonly log?: string;
}

/** Puts together what the ledger knows of a grant. */
export function grantStatus({ requestKey, grant: { requestId, issuer }, state, acceptedAtMs, deadlineMs, cancelledAtMs, routing, receipt, result, log }: GrantRow, attempts: readonly AttemptRow[]): GrantStatus {
  return {
    requestKey, requestId, issuer, state, acceptedAtMs, deadlineMs, routing, attempts: attempts.map(attemptStatus),
    ...(cancelledAtMs === undefined ? {} : { cancelledAtMs }), ...(receipt === undefined ? {} : { receipt }),
    ...(result === undefined ? {} : { result }), ...(log === undefined ? {} : { log }),
  };
}

function attemptStatus({ attempt, backend, placement: { region, size }, state, instanceId, failure, closingSinceMs }: AttemptRow): AttemptStatus {
  return {
    attempt, backend, region, size, state,
    ...(instanceId === undefined ? {} : { instanceId }), ...(failure === undefined ? {} : { failure }),
    ...(closingSinceMs === undefined || state === "closed" ? {} : { closingSinceMs }),
  };
}
