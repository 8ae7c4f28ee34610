import { errorTable, type MappedError } from "@bridge/backend-kit";
import { ApiError } from "./api.ts";
/** The first entry that matches counts, codes before statuses. `outcome: "none"` only where the API says that it has refused. */
const meaning = errorTable([
  { match: "uniqueness_error", code: "conflict", outcome: "exists" },
  { match: /^(resource_unavailable|placement_error)$/, code: "no_capacity", outcome: "none" },
  { match: "resource_limit_exceeded", code: "quota_exceeded", outcome: "none" },
  { match: "rate_limit_exceeded", code: "rate_limited", outcome: "none" },
  { match: "unauthorized", code: "unauthorized", outcome: "none" },
  { match: /^(forbidden|token_readonly)$/, code: "forbidden", outcome: "none" },
  { match: "maintenance", code: "unavailable", outcome: "none" },
  { match: /^(protected|resource_locked)$/, code: "forbidden" },
  { match: /^(invalid_input|json_error|unsupported_error|invalid_server_type|deprecated_api_endpoint)$/, code: "invalid_option", outcome: "none" },
  { match: "not_found", code: "not_found", outcome: "none" }, // of a create: its image, type or location is gone
  { match: "conflict", code: "unavailable" }, // Hetzner's word for "changed meanwhile, please retry", not for a taken name
  { match: /^(locked|service_error|server_error|unavailable|bad_gateway|unknown_error|incomplete_list|http_\d+)$/, code: "unavailable" },
  { match: /^(timeout|TimeoutError)$/, code: "timeout" },
  { match: /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UND_ERR_\w+)$|^fetch failed$|^terminated$/, code: "unavailable" },
]);
/** An error of the API, or of the way to it, in Bridge's words; undefined: not known here. */
export function mapError(error: unknown): MappedError | undefined {
  const [mapped, retryAfterSeconds] = [meaning(error), error instanceof ApiError ? error.retryAfterSeconds : undefined];
  return mapped && { ...mapped, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}
