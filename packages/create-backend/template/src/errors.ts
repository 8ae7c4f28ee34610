import { errorTable, type MappedError } from "@bridge/backend-kit";
import { ApiError } from "./api.ts";

/**
 * What the platform's errors mean. The first entry that matches counts. `outcome: "none"` stands only where the platform says
 * that it has not made the machine, and will not: never for a timeout, a reset or a 5xx without a code that says so. Map every
 * code of the reference, whatever it sounds like: a platform's "conflict" or "unavailable" need not mean what Bridge's does.
 */
const meaning = errorTable([
  { match: "name_taken", code: "conflict", outcome: "exists" },
  { match: "no_capacity", code: "no_capacity", outcome: "none" },
  { match: "quota_exceeded", code: "quota_exceeded", outcome: "none" },
  { match: "locked", code: "unavailable" },
  { match: 400, code: "invalid_option", outcome: "none" },
  { match: 401, code: "unauthorized", outcome: "none" },
  { match: 403, code: "forbidden", outcome: "none" },
  // Of a create: its size or image is gone. Elsewhere the outcome is ignored.
  { match: "not_found", code: "not_found", outcome: "none" },
  { match: 404, code: "not_found" },
  { match: 429, code: "rate_limited", outcome: "none" },
  { match: 500, code: "unavailable" },
  { match: 502, code: "unavailable" },
  { match: 503, code: "unavailable" },
  { match: 504, code: "timeout" },
  { match: /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UND_ERR_\w+)$/, code: "unavailable" },
  { match: /^fetch failed$|^terminated$/, code: "unavailable" },
  { match: "not_json", code: "unavailable" },
]);

/** A platform error in Bridge's words; undefined: not known here. */
export function mapError(error: unknown): MappedError | undefined {
  const mapped = meaning(error);
  const seconds = error instanceof ApiError ? error.retryAfterSeconds : undefined;
  return mapped === undefined || seconds === undefined ? mapped : { ...mapped, retryAfterSeconds: seconds };
}
