import type { BridgeError, ErrorCode } from "@bridge/core";
import type { ExitCode } from "../exit-codes.ts";

/** Errors about what a person wrote or brought along. */
const badInput: readonly ErrorCode[] = [
  "invalid_config", "plugin_not_found", "contract_mismatch", "no_backends", "invalid_option", "invalid_grant", "grant_untrusted",
  "wrong_audience", "grant_expired", "grant_not_yet_valid", "grant_replayed", "proof_invalid", "envelope_unreadable", "image_mismatch",
  "payload_too_large", "unsupported",
];

/** The exit code that an error ends the process with. */
export function exitCodeOf({ code }: BridgeError): ExitCode {
  if (code === "no_backend_can_satisfy") return 3;
  return badInput.includes(code) ? 2 : 1;
}
