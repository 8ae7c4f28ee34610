import { BridgeError, isBridgeError, type Problem } from "../errors/bridge-error.ts";
import { isRecord, problemsError } from "../codec/decoder.ts";
import { parseOptions } from "./parse-options.ts";
import type { Backend, BackendPlugin, BackendServices } from "./v1.ts";

const required = ["capabilities", "canSatisfy", "provision", "watchUntilExit", "terminate", "list"] as const satisfies readonly (keyof Backend)[];
const optional = ["explain", "placements", "diagnose", "close"] as const satisfies readonly (keyof Backend)[];

const shown = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : `a value of type ${typeof value}`);

/** Members that are missing or of another kind, so that a call in the middle of a lease does not find out. */
function memberProblems(made: object, name: string): readonly Problem[] {
  const problems: Problem[] = [];
  const ownName: unknown = Reflect.get(made, "name");
  if (ownName !== name) problems.push({ path: "name", message: `must be services.name ("${name}"), by which later calls are routed; it is ${shown(ownName)}` });
  for (const member of [...required, ...optional]) {
    const value: unknown = Reflect.get(made, member);
    const mayBeAbsent = optional.some((each) => each === member);
    if (typeof value !== "function" && !(mayBeAbsent && value === undefined)) problems.push({ path: member, message: value === undefined ? "is missing" : "must be a function" });
  }
  return problems;
}

/**
 * Makes a backend of a checked plugin, and checks that it has the members of contract 1.
 *
 * @throws BridgeError `invalid_option` with all problems of the options; `contract_mismatch` when `create` throws something
 * else than a BridgeError or gives no backend, with all that is wrong with it.
 */
export function makeBackend({ plugin, options }: { readonly plugin: BackendPlugin; readonly options: unknown }, services: BackendServices): Backend {
  const parsed = parseOptions(plugin.optionsSchema, options, services.name);
  let made: unknown;
  try {
    made = plugin.create(parsed, services);
  } catch (cause) {
    if (isBridgeError(cause)) throw cause;
    const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : shown(cause);
    throw new BridgeError("contract_mismatch", `the create() of backend plugin "${plugin.name}" threw ${text}; construction must do no I/O, and what it throws must be a BridgeError`, { backend: services.name, cause });
  }
  if (!isRecord(made)) throw new BridgeError("contract_mismatch", `the create() of backend plugin "${plugin.name}" gave ${made === null ? "null" : typeof made}; it must give a Backend, at once and not as a promise`, { backend: services.name });
  const problems = made instanceof Promise ? [{ path: "create", message: "gave a promise; construction must do no I/O, so it has nothing to wait for" }] : memberProblems(made, services.name);
  if (problems.length > 0) throw problemsError("contract_mismatch", `the backend that plugin "${plugin.name}" made`, problems);
  // Checked member by member above.
  return made as unknown as Backend;
}
