import { checkPlugin } from "../backend/define-backend.ts";
import type { BackendPlugin } from "../backend/v1.ts";
import { isRecord } from "../codec/decoder.ts";
import { toBridgeError } from "../errors/bridge-error.ts";
import type { BootSources } from "./boot-config.ts";
import type { BootProblem } from "./boot-problems.ts";
import { isPath } from "./written-config.ts";

type Loaded = { readonly plugin: BackendPlugin; readonly problem?: undefined } | { readonly problem: Omit<BootProblem, "path"> };

/** The package of `@scope/name/entry`. */
const packageOf = (use: string): string => use.split("/").slice(0, use.startsWith("@") ? 2 : 1).join("/");

/** Loads what `use` names and checks that it is a plugin of contract 1. */
export async function loadPlugin(use: string, importPlugin: BootSources["importPlugin"]): Promise<Loaded> {
  let namespace: unknown;
  try {
    namespace = await importPlugin(use);
  } catch (cause) {
    return { problem: importProblem(use, cause) };
  }
  try {
    return { plugin: checkPlugin(isRecord(namespace) ? namespace["default"] : undefined, use) };
  } catch (cause) {
    const { message, problems } = toBridgeError(cause);
    return { problem: { code: "contract_mismatch", cause, message: problems === undefined ? message : `${use} is no valid plugin: ${problems.map((at) => `${at.path} ${at.message}`).join("; ")}` } };
  }
}

function importProblem(use: string, cause: unknown): Omit<BootProblem, "path"> {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const code: unknown = Reflect.get(error, "code");
  const said = error.message.split("\n")[0] ?? "";
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") {
    return { code: "contract_mismatch", cause, message: `${use} is there but cannot be loaded: ${error.name}: ${said}` };
  }
  const missing = /Cannot find (?:package|module) '([^']+)'/.exec(said)?.[1];
  if (missing !== undefined && !isItself(use, missing)) {
    return { code: "contract_mismatch", cause, message: `${use} is there but cannot be loaded: it needs ${missing}, which is missing` };
  }
  return {
    code: "plugin_not_found", cause,
    message: isPath(use) ? `the file ${use} is missing` : `${packageOf(use)} is not installed; run: npm install ${packageOf(use)}`,
  };
}

/** Whether what Node could not find is the plugin itself, and not something that the plugin needs. */
function isItself(use: string, missing: string): boolean {
  if (!isPath(use)) return missing === use || missing === packageOf(use) || missing.endsWith(`/node_modules/${use}`);
  return missing.endsWith(use.replace(/^(\.{1,2}\/)+/, "/"));
}
