import { BridgeError } from "../errors/bridge-error.ts";
import type { BackendFacts, BackendServices, Capabilities } from "../backend/v1.ts";
import type { MemoryPlatform } from "./memory-platform.ts";

/** What the members of one memory backend share, for its life. */
export interface MemorySetting {
  readonly services: BackendServices;
  readonly facts: BackendFacts;
  readonly platform: MemoryPlatform;
  readonly capabilities: Capabilities;
  /** Fires when the backend is closed. */
  readonly closing: AbortController;
  /** When this backend was made: an attempt that is older may have been tried by another process. */
  readonly madeAtMs: number;
  /** Names of machines whose create request was not answered. */
  readonly unanswered: Set<string>;
}

/** How long to wait between two looks, in milliseconds. */
export const pauseMs = 200;

/** The caller's signal, or the end of the backend. */
export const signalOf = ({ closing }: MemorySetting, signal: AbortSignal | undefined): AbortSignal =>
  (signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]));

/** @throws BridgeError `wrong_scope` for a scope that this backend does not hold. */
export function requireScope({ platform, services: { name } }: MemorySetting, scope: string, operation: string): void {
  if (scope === platform.scope) return;
  throw new BridgeError("wrong_scope", `backend "${name}" holds the scope ${platform.scope}, not ${scope}`, { backend: name, operation, outcome: "none" });
}
