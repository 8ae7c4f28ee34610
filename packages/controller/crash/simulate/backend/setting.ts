import { type BackendFacts, type BackendServices, BridgeError, type InstanceRef } from "@bridge/core";
import type { Life } from "../life.ts";

/** What the members of one simulated backend share. */
export interface Setting {
  readonly life: Life;
  readonly services: BackendServices;
  readonly scope: string;
  readonly regions: readonly string[];
  /** Names whose create was sent and not answered. */
  readonly unanswered: Set<string>;
}

/** Lists may be stale for 10 s; a create may take 30 s to have its effect. */
export const facts: BackendFacts = {
  idempotency: "name", settleSeconds: 10, createTimeoutSeconds: 30, readyTimeoutSeconds: 60, exitCode: "always", deadline: "reaper",
};

/** @throws BridgeError `wrong_scope`. */
export function requireScope({ scope, services: { name } }: Setting, ref: Pick<InstanceRef, "scope">): void {
  if (ref.scope !== scope) throw new BridgeError("wrong_scope", `backend "${name}" holds ${scope}, not ${ref.scope}`, { outcome: "none" });
}

/** @throws BridgeError `aborted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new BridgeError("aborted", "the caller ended the call");
}
