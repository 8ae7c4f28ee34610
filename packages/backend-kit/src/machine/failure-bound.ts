import { BridgeError, type ErrorCode } from "@bridge/core/backend";
import { monotonicMs } from "../wait.ts";
import type { MachineSetting } from "./setting.ts";

/** Errors that waiting does not mend. */
const hopeless: readonly ErrorCode[] = ["unauthorized", "forbidden", "invalid_config", "invalid_option", "wrong_scope", "unsupported", "aborted"];
/** A call that has failed for so long is for the caller to come back to. */
const longestFailureMs = 900_000;

/** Whether the same call may succeed later. */
export const waitingMends = ({ code }: BridgeError): boolean => !hopeless.includes(code);

/** Counts how long a call to the platform has failed without a success between. */
export function failureBound({ services }: MachineSetting, what: string): { readonly note: (error: BridgeError) => void; readonly clear: () => void } {
  let sinceMs: number | undefined;
  return {
    /** @throws BridgeError the error itself if waiting does not mend it; `unavailable` after 15 minutes. */
    note: (error) => {
      if (!waitingMends(error)) throw error;
      services.log.warn({ backend: services.name, code: error.code, error: error.message }, `${what} failed; it is tried again`);
      const now = monotonicMs();
      sinceMs ??= now;
      if (now - sinceMs >= longestFailureMs) throw new BridgeError("unavailable", `${what} has failed for 15 minutes; at last: ${error.message}`, { cause: error });
    },
    clear: () => {
      sinceMs = undefined;
    },
  };
}
