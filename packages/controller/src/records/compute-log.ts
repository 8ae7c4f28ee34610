import { type ExitRecord, hashJson, type UsageMetrics } from "@bridge/core";
import type { Failure, GrantRow } from "../ledger/rows.ts";
import type { RecordSigner } from "./jws.ts";

/** `typ` of a signed ComputeLog. */
export const computeLogType = "bridge-compute-log+jws";

/** The record of a grant that is over. Exactly one is signed for each grant. Times are milliseconds since the Unix epoch. */
export interface ComputeLog {
  readonly version: 1;
  readonly requestKey: string;
  readonly requestId: string;
  readonly issuer: string;
  readonly providerId: string;
  /** SHA-256 over the canonical JSON of the grant, hex. */
  readonly grantHash: string;
  readonly acceptedAtMs: number;
  readonly endedAtMs: number;
  /** Absent where no machine ever ran for the grant. */
  readonly run?: {
    readonly backend: string;
    readonly attempt: number;
    readonly startedAtMs: number;
    readonly usage: Omit<UsageMetrics, "exit">;
    readonly exit: ExitRecord;
  };
  /** Why none ran. */
  readonly failure?: Failure;
}

/** The log of a grant whose result is decided; the same row gives the same log. */
export function computeLogOf({ requestKey, grant, acceptedAtMs, result }: Pick<GrantRow, "requestKey" | "grant" | "acceptedAtMs"> & { readonly result: NonNullable<GrantRow["result"]> }): ComputeLog {
  const { requestId, issuer, providerId } = grant;
  const head = { version: 1, requestKey, requestId, issuer, providerId, grantHash: hashJson(grant), acceptedAtMs, endedAtMs: result.endedAtMs } as const;
  if (result.kind === "failed") return { ...head, failure: result.failure };
  const { backend, attempt, startedAtMs, usage: { exit, ...usage } } = result;
  return { ...head, run: { backend, attempt, startedAtMs, usage, exit } };
}

/** Signs a log as compact JWS. */
export const signComputeLog = (log: ComputeLog, signer: RecordSigner): string => signer.sign(computeLogType, log);
