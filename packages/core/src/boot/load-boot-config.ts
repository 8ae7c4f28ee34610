import { randomBytes } from "node:crypto";
import type { BackendPlugin } from "../backend/v1.ts";
import { isRecord } from "../codec/decoder.ts";
import { BridgeError, type Problem } from "../errors/bridge-error.ts";
import type { BootBackend, BootConfig, BootSources } from "./boot-config.ts";
import { bootError, type BootProblem } from "./boot-problems.ts";
import { loadPlugin } from "./load-plugin.ts";
import { offeredPlatforms, packageOfPlatform } from "./offered-backends.ts";
import { parseDocument } from "./parse-document.ts";
import { completeOptions } from "./plugin-options.ts";
import { readSecret } from "./secret-reference.ts";
import { readWrittenConfig, type PartsOfConfig, type WrittenBackend } from "./written-config.ts";

/** How a boot config is to be used. */
export interface LoadOptions {
  /**
   * `unused`: no key will be derived, so that neither the master secret nor the member need be there; it becomes one that nobody
   * knows. For programs that only list and end machines. Default `required`.
   */
  readonly masterSecret?: "required" | "unused";
}

/**
 * Reads a boot config: parses it, checks it strictly, loads its plugins, checks their options, and then resolves the
 * secrets that it refers to. No message holds a secret.
 *
 * @throws BridgeError with all problems at once, each with path and line: `no_backends`, `plugin_not_found` (with the command
 * that installs it), `contract_mismatch`, `invalid_option` where all problems are of that kind; else `invalid_config`.
 */
export async function loadBootConfig(sources: BootSources, { masterSecret: use = "required" }: LoadOptions = {}): Promise<BootConfig> {
  const { value, problems: syntax, lineOf } = parseDocument(sources.text);
  const problems: BootProblem[] = [...syntax];
  if (value === undefined) throw bootError(sources.path, problems, lineOf);
  const shape: Problem[] = [];
  const written = readWrittenConfig(value, shape);
  const mayLack = (path: string) => path === "masterSecret" && use === "unused" && isRecord(value) && value[path] === undefined;
  problems.push(...shape.filter(({ path }) => !mayLack(path)).map((problem): BootProblem => ({ ...problem, code: "invalid_config" })));
  if (written.backends.length === 0 && !shape.some(({ path }) => path === "backends" || path === "")) problems.push(noBackends());
  const masterSecret = use === "unused" ? randomBytes(32).toString("hex") : await completeMasterSecret(written, sources, problems);
  const backends = await Promise.all(written.backends.map((entry, index) => completeBackend(entry, `backends[${index}]`, sources)));
  for (const { problems: found } of backends) problems.push(...found);
  problems.push(...duplicateNames(backends.map(({ name }) => name)));
  const { owner, providerId, ledgerId, fallback } = written;
  if (problems.length > 0) throw bootError(sources.path, problems, lineOf);
  const whole = backends.flatMap(({ backend }) => backend ?? []);
  if (owner === undefined || providerId === undefined || masterSecret === undefined || whole.length !== backends.length) {
    throw new BridgeError("internal", `the boot config ${sources.path} is incomplete, though no problem was found with it`);
  }
  const config = { owner, providerId, backends: whole, ...(ledgerId === undefined ? {} : { ledgerId }), ...(fallback === undefined ? {} : { fallback }) };
  return hide(config, "masterSecret", masterSecret);
}

const hide = <T extends object, Key extends string, Value>(target: T, key: Key, value: Value): T & Readonly<Record<Key, Value>> =>
  // defineProperty adds the member, which TypeScript does not see.
  Object.defineProperty(target, key, { value, enumerable: false }) as T & Readonly<Record<Key, Value>>;

const noBackends = (): BootProblem => ({
  code: "no_backends", path: "backends",
  message: `no backend is configured; enable at least one of ${offeredPlatforms.map(packageOfPlatform).join(", ")}: install it with npm and add "- use: <package>"`,
});

async function completeMasterSecret({ masterSecret }: PartsOfConfig, sources: BootSources, problems: BootProblem[]): Promise<string | undefined> {
  if (masterSecret === undefined) return undefined;
  const path = "masterSecret";
  const read = await readSecret(masterSecret, sources);
  if (read.problem !== undefined) {
    problems.push({ code: "invalid_config", path, message: read.problem, cause: read.cause });
    return undefined;
  }
  if (Buffer.byteLength(read.secret) >= 32) return read.secret;
  problems.push({ code: "invalid_config", path, message: "must have at least 32 bytes; make one with: openssl rand -hex 32" });
  return undefined;
}

/** Loads the plugin of one entry and completes its options. `name` is known even where the rest is wrong. */
async function completeBackend({ use, name: writtenName, options = {}, rates }: Partial<WrittenBackend>, path: string, sources: BootSources):
  Promise<{ readonly backend?: BootBackend; readonly name: string | undefined; readonly problems: readonly BootProblem[] }> {
  const problems: BootProblem[] = [];
  let plugin: BackendPlugin | undefined;
  if (use !== undefined) {
    const loaded = await loadPlugin(use, sources.importPlugin.bind(sources));
    if (loaded.problem === undefined) plugin = loaded.plugin;
    else problems.push({ ...loaded.problem, path: `${path}.use` });
  }
  const complete = await completeOptions(options, { path: `${path}.options`, plugin, sources, problems });
  const name = writtenName ?? plugin?.name;
  if (use === undefined || plugin === undefined || name === undefined) return { name, problems };
  const backend = hide({ name, use, plugin, ...(rates === undefined ? {} : { rates }) }, "options", complete);
  return { backend, name, problems };
}

function duplicateNames(names: readonly (string | undefined)[]): readonly BootProblem[] {
  return names.flatMap((name, index): readonly BootProblem[] => {
    const first = names.indexOf(name);
    if (name === undefined || first === index) return [];
    return [{ code: "invalid_config", path: `backends[${index}].name`, message: `"${name}" is the name of backends[${first}] too; give one of them another name` }];
  });
}
