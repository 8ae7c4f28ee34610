import { BridgeError, type Problem } from "../errors/bridge-error.ts";
import { isRecord, problemsError } from "../codec/decoder.ts";
import type { BackendFacts, BackendPlugin } from "./v1.ts";

/** What names of backends, owners and ledgers look like: legal in every tag, label and token. */
export const namePattern = /^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/;

const factWords: Partial<Record<keyof BackendFacts, readonly string[]>> = {
  idempotency: ["token", "name", "search"],
  exitCode: ["always", "best-effort", "never"],
  deadline: ["platform", "guest", "reaper"],
};
const requiredSeconds = ["settleSeconds", "createTimeoutSeconds", "readyTimeoutSeconds"];
const optionalSeconds = ["replayWindowSeconds", "minLifetimeSeconds", "maxLifetimeSeconds"];

function checkFacts(facts: unknown, problems: Problem[]): void {
  if (!isRecord(facts)) return void problems.push({ path: "facts", message: "must be an object" });
  for (const [name, words] of Object.entries(factWords)) {
    if (!words.some((word) => word === facts[name])) problems.push({ path: `facts.${name}`, message: `must be one of ${words.join(", ")}` });
  }
  const isSeconds = (value: unknown) => typeof value === "number" && value >= 0 && Number.isFinite(value);
  for (const name of [...requiredSeconds, ...optionalSeconds]) {
    const value = facts[name];
    const absent = value === undefined && optionalSeconds.includes(name);
    if (!absent && !isSeconds(value)) problems.push({ path: `facts.${name}`, message: "must be a number of seconds, 0 or more" });
  }
}

/**
 * Checks that a value is a backend plugin of contract 1.
 *
 * @param source what to call it in messages: the package's name or the file's path
 * @throws BridgeError `contract_mismatch`: another contract number (by name), or no plugin at all (with all problems).
 */
export function checkPlugin(value: unknown, source: string): BackendPlugin {
  if (!isRecord(value) || !("contract" in value)) {
    throw new BridgeError("contract_mismatch", `${source} is not a backend plugin: its default export must be what defineBackend() returns`);
  }
  if (value["contract"] !== 1) {
    throw new BridgeError("contract_mismatch", `${source} follows backend contract ${String(value["contract"])}; this Bridge knows contract 1. Install a version of it, or of Bridge, that fits`);
  }
  const problems: Problem[] = [];
  const { name, optionsSchema, facts, create } = value;
  if (typeof name !== "string" || !namePattern.test(name)) problems.push({ path: "name", message: `must match ${namePattern.source}` });
  if (typeof create !== "function") problems.push({ path: "create", message: "must be a function" });
  const standard: unknown = isFunctionOrRecord(optionsSchema) ? Reflect.get(optionsSchema, "~standard") : undefined;
  if (!isRecord(standard) || standard["version"] !== 1) problems.push({ path: "optionsSchema", message: "must be a Standard Schema v1, such as a zod schema" });
  checkFacts(facts, problems);
  if (problems.length > 0) throw problemsError("contract_mismatch", `the backend plugin ${source}`, problems);
  // Checked member by member above.
  return value as unknown as BackendPlugin;
}

function isFunctionOrRecord(value: unknown): value is object {
  return typeof value === "function" || isRecord(value);
}

/**
 * Declares a backend plugin; make it the default export of your package.
 *
 * @throws BridgeError `contract_mismatch` with all problems of the declaration.
 */
export function defineBackend<Options>(plugin: BackendPlugin<Options>): BackendPlugin<Options> {
  checkPlugin(plugin, plugin.name);
  return Object.freeze(plugin);
}
