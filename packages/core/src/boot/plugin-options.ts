import { validateOptions } from "../backend/parse-options.ts";
import type { BackendPlugin } from "../backend/v1.ts";
import type { Problem } from "../errors/bridge-error.ts";
import type { BootSources } from "./boot-config.ts";
import type { BootProblem } from "./boot-problems.ts";
import { readSecret, replaceReferences, type SecretReference } from "./secret-reference.ts";

/** A stand-in with which options are checked before any secret is read. */
const standIn = "a secret that is not read yet";

const join = (base: string, path: string): string => (path === "" ? base : path.startsWith("[") ? `${base}${path}` : `${base}.${path}`);

/**
 * Checks the options of one backend, then resolves the secrets in them, then checks again what could not be checked
 * without. What a plugin's schema says about a secret is not repeated: it could hold it.
 *
 * @param path where the options are: `backends[0].options`
 * @param plugin absent when it could not be loaded: then only the secrets are read
 */
export async function completeOptions(options: Readonly<Record<string, unknown>>, { path, plugin, sources, problems }: {
  readonly path: string; readonly plugin: BackendPlugin | undefined; readonly sources: BootSources; readonly problems: BootProblem[];
}): Promise<unknown> {
  const references = new Map<string, SecretReference>();
  const withStandIns = replaceReferences(options, (reference, at) => {
    references.set(at, reference);
    return standIn;
  });
  const found = [...problemsOf(plugin, withStandIns)].filter((problem) => !references.has(problem.path));
  problems.push(...found.map(({ path: at, message }): BootProblem => ({ code: "invalid_option", path: join(path, at), message })));

  const secrets = new Map<string, string>();
  for (const [at, reference] of references) {
    const read = await readSecret(reference, sources);
    if (read.problem === undefined) secrets.set(at, read.secret);
    else problems.push({ code: "invalid_config", path: join(path, at), message: read.problem, cause: read.cause });
  }
  const complete = replaceReferences(options, (_reference, at) => secrets.get(at));
  if (references.size > 0 && found.length === 0 && secrets.size === references.size) {
    for (const { path: at } of problemsOf(plugin, complete)) {
      problems.push({ code: "invalid_option", path: join(path, at), message: "is refused by the plugin with the secret that is referred to" });
    }
  }
  return complete;
}

const problemsOf = (plugin: BackendPlugin | undefined, options: unknown): readonly Problem[] =>
  (plugin === undefined ? [] : validateOptions(plugin.optionsSchema, options).problems ?? []);
