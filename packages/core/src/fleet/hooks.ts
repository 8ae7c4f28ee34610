import { BridgeError, isBridgeError, toBridgeError } from "../errors/bridge-error.ts";
import type { ErrorCode } from "../errors/codes.ts";
import type { ProvisionOptions } from "./fleet-options.ts";

/** Errors after which another backend would not help, or must not be tried: they are about the grant, the caller, or a machine that lives. */
export const finalCodes: readonly ErrorCode[] = [
  "invalid_grant", "grant_expired", "image_mismatch", "aborted", "lease_lost", "attempt_spent", "conflict",
];

/** A hook that fails ends the provision: what its owner could not write down must not be followed by another attempt. */
function guarded<Arguments extends readonly unknown[]>(name: string, hook: ((...args: Arguments) => Promise<void> | void) | undefined) {
  return async (...args: Arguments): Promise<void> => {
    try {
      await hook?.(...args);
    } catch (error) {
      throw ending(name, error);
    }
  };
}

function ending(name: string, error: unknown): BridgeError {
  if (isBridgeError(error) && finalCodes.includes(error.code)) return error;
  return new BridgeError("aborted", `the caller's ${name} failed: ${toBridgeError(error).message}`, { cause: error });
}

/** The caller's hooks, each there and each ending the provision when it fails. */
export function guardHooks(options: ProvisionOptions) {
  return {
    onAttempt: guarded("onAttempt", options.onAttempt),
    onCreated: guarded("onCreated", options.onCreated),
    onReady: guarded("onReady", options.onReady),
    onRouting: guarded("onRouting", options.onRouting),
    mayCreate: (record: Parameters<NonNullable<ProvisionOptions["mayCreate"]>>[0]): void => {
      try {
        options.mayCreate?.(record);
      } catch (error) {
        throw ending("mayCreate", toBridgeError(error, { outcome: "none" }));
      }
    },
  };
}

/** {@link guardHooks} */
export type GuardedHooks = ReturnType<typeof guardHooks>;
