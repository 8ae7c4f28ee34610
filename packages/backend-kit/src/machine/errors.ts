import { BridgeError, type BridgeErrorDetails, isBridgeError, toBridgeError } from "@bridge/core/backend";
import type { MachinePlatform } from "../platform.ts";

/** Where an error happened. */
export interface ErrorPlace {
  readonly backend: string;
  readonly operation: string;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Makes a BridgeError of whatever a platform's client threw: BridgeErrors stay what they are, the author's `mapError` knows the
 * platform's own, anything else is `internal`. The outcome is kept only of a BridgeError and where `mapError` gives one.
 */
export function mapPlatformError(platform: Pick<MachinePlatform, "mapError">, error: unknown, place: ErrorPlace): BridgeError {
  if (isBridgeError(error)) return withDetails(error, place);
  try {
    const mapped = platform.mapError(error);
    if (mapped === undefined) return toBridgeError(error, place);
    const { code, message = textOf(error), ...details } = mapped;
    return new BridgeError(code, message, { ...details, ...place, cause: error });
  } catch (failure) {
    const cause = new AggregateError([error, failure], "mapError failed");
    return new BridgeError("internal", `${textOf(error)}; and mapError failed on it: ${textOf(failure)}`, { ...place, cause });
  }
}

/** The same error with these details in place of its own. */
export function withDetails(error: BridgeError, details: Pick<BridgeErrorDetails, "outcome" | "ref" | "backend" | "operation">): BridgeError {
  const { code: _code, name: _name, ...own } = { ...error };
  const changed = new BridgeError(error.code, error.message, { ...own, ...details, cause: error.cause });
  if (error.stack !== undefined) changed.stack = error.stack;
  return changed;
}

/** The same error, saying nothing about what a create left. */
export function withoutOutcome(error: BridgeError): BridgeError {
  if (error.outcome === undefined) return error;
  const { code: _code, name: _name, outcome: _outcome, ...own } = { ...error };
  return new BridgeError(error.code, error.message, { ...own, cause: error.cause });
}
