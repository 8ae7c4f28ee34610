import type { MappedError } from "../platform.ts";

/** What one error of a platform means. `outcome: "none"` only where the platform has definitely refused the create. */
export interface ErrorTableEntry extends MappedError {
  /** A code or name, an HTTP status, or a pattern for codes and the message. */
  readonly match: string | number | RegExp;
}

const member = (value: unknown, key: string): unknown => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined);

/** Where platforms' clients put their codes: `name`, `code`, HTTP statuses, and the code of what caused it. */
function usualCodes(error: unknown): readonly unknown[] {
  return [
    ...["code", "name", "statusCode", "status"].map((key) => member(error, key)),
    member(member(error, "$metadata"), "httpStatusCode"), member(member(error, "cause"), "code"),
  ];
}

/**
 * Makes a `mapError` from a table: the first entry that matches any of the error's codes. An error that no entry knows is
 * `internal` with outcome unknown.
 *
 * @param codesOf where the client puts its codes, best first; default: `code`, `name`, `statusCode`, `status`,
 * `$metadata.httpStatusCode`, `cause.code`
 */
export function errorTable(entries: readonly ErrorTableEntry[], codesOf: (error: unknown) => readonly unknown[] = usualCodes): (error: unknown) => MappedError | undefined {
  return (error) => {
    const codes = codesOf(error);
    const message = String(member(error, "message") ?? "");
    const matches = ({ match }: ErrorTableEntry) => (match instanceof RegExp
      ? [...codes, message].some((text) => typeof text === "string" && text.search(match) >= 0)
      : codes.includes(match));
    const entry = entries.find(matches);
    if (entry === undefined) return undefined;
    const { match: _match, ...mapped } = entry;
    return mapped;
  };
}
