import { problemsError } from "../codec/decoder.ts";
import { BridgeError, type Problem } from "../errors/bridge-error.ts";
import type { ErrorCode } from "../errors/codes.ts";

/** A problem with the boot config, by the code that it has when all problems are of its kind. */
export interface BootProblem extends Problem {
  readonly code: Extract<ErrorCode, "invalid_config" | "no_backends" | "plugin_not_found" | "contract_mismatch" | "invalid_option">;
  readonly cause?: unknown;
}

/** One error for all problems: of their own code when they share one, else `invalid_config`. */
export function bootError(path: string, found: readonly BootProblem[], lineOf: (path: string) => number | undefined): BridgeError {
  const codes = [...new Set(found.map(({ code }) => code))];
  const causes = found.flatMap(({ cause }) => (cause === undefined ? [] : [cause]));
  const placed = found.map(({ path: at, message, line = lineOf(at) }): Problem => ({ path: at, message, ...(line === undefined ? {} : { line }) }));
  const code = codes.length === 1 && codes[0] !== undefined ? codes[0] : "invalid_config";
  const { message, problems = [] } = problemsError(code, `the boot config ${path}`, placed);
  return new BridgeError(code, message, { problems, ...(causes.length === 0 ? {} : { cause: causes.length === 1 ? causes[0] : new AggregateError(causes) }) });
}
