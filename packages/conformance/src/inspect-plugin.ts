import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { BridgeError, isBridgeError, type Problem } from "@bridge/core";
import { checkPlugin, createAlmanac, makeBackend } from "@bridge/core/backend";
import { probeImport } from "./import-probe.ts";
import type { Subject, SubjectFactory } from "./subject.ts";

/** What a module offers to the kit. */
export interface InspectedModule {
  /** The plugin with the options, and the module; nothing else. */
  readonly plain: Subject;
  /** What the module exports as `subject`, if it does. */
  readonly factory?: SubjectFactory;
}

/** A path, or a package that is installed where the command was started. */
function urlOf(use: string, folder: string): string {
  if (/^[./]|^[A-Za-z]:\\/.test(use)) return pathToFileURL(resolve(folder, use)).href;
  if (use.startsWith("file:")) return use;
  try {
    return pathToFileURL(createRequire(join(folder, "package.json")).resolve(use)).href;
  } catch (cause) {
    throw new BridgeError("plugin_not_found", `${use} is not installed; run: npm install ${use} (or write a path: ./${use})`, { cause });
  }
}

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const asProblem = (path: string, error: unknown): readonly Problem[] => {
  const text = error instanceof Error ? error.message : String(error);
  const problems = isBridgeError(error) ? error.problems : undefined;
  return problems === undefined ? [{ path, message: text }] : problems.map((each) => ({ path: `${path}.${each.path}`.replace(/\.$/, ""), message: each.message }));
};

/**
 * Loads a plugin's module, after a process of its own has seen what its import does.
 *
 * @param use a path from the folder, or the name of an installed package
 * @throws BridgeError `plugin_not_found`; `contract_mismatch` with everything that keeps it from being checked, all at once:
 * no default export, another contract, I/O at import or construction, options that its schema refuses or keys that it swallows.
 */
export async function inspectModule(use: string, { folder, options }: { readonly folder: string; readonly options?: unknown }): Promise<InspectedModule> {
  const url = urlOf(use, folder);
  const probed = await probeImport({ url, options: options ?? {} });
  if (probed.failure !== undefined && /Cannot find module/.test(probed.failure) && probed.failure.includes(new URL(url).pathname)) throw new BridgeError("plugin_not_found", `there is no file ${new URL(url).pathname}`);
  const problems: Problem[] = probed.findings.map((finding) => ({ path: "module", message: `${finding}; import and construction must do no I/O (rule 10): move it into the first call that needs it` }));
  if (probed.failure !== undefined) throw refusal(use, [...problems, { path: "module", message: `cannot be loaded: ${probed.failure}` }]);
  // The author's module: its two exports are checked here.
  const namespace = await import(url) as { readonly default?: unknown; readonly subject?: unknown };
  const factory = typeof namespace.subject === "function" ? namespace.subject as SubjectFactory : undefined; // an author's factory, whose subject is checked when made
  let plain: Subject | undefined;
  try {
    const plugin = checkPlugin(namespace.default, use);
    plain = { plugin, options: options ?? {}, module: { url } };
    // A factory brings options of its own.
    if (options !== undefined || factory === undefined) {
      const made = makeBackend({ plugin, options: options ?? {} }, { name: plugin.name, owner: "probe", ledgerId: "probe", log, now: Date.now, almanac: createAlmanac() });
      await made.close?.();
    }
  } catch (error) {
    problems.push(...asProblem(namespace.default === undefined ? "default export" : plain === undefined ? "plugin" : isBridgeError(error) && error.code === "contract_mismatch" ? "backend" : "options", error));
  }
  if (plain === undefined || problems.length > 0) throw refusal(use, problems);
  return { plain, ...(factory === undefined ? {} : { factory }) };
}

function refusal(use: string, problems: readonly Problem[]): BridgeError {
  return new BridgeError("contract_mismatch", `${use} cannot be checked:\n${problems.map(({ path, message }) => `  ${path}: ${message}`).join("\n")}`, { problems });
}
