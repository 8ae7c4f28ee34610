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
  const withoutSecrets = problemsOf(plugin, withStandIns);
  // What is said about something that holds a reference may be true of the stand-in only.
  const certain = withoutSecrets.filter(({ path: at }) => ![...references.keys()].some((reference) => isWithin(reference, at)));
  problems.push(...certain.map(({ path: at, message }): BootProblem => ({ code: "invalid_option", path: join(path, at), message })));

  const secrets = new Map<string, string>();
  for (const [at, reference] of references) {
    const read = await readSecret(reference, sources);
    if (read.problem === undefined) secrets.set(at, read.secret);
    else problems.push({ code: "invalid_config", path: join(path, at), message: read.problem, cause: read.cause });
  }
  const complete = replaceReferences(options, (_reference, at) => secrets.get(at));
  if (references.size === 0 || secrets.size < references.size) return complete;
  const isSaid = (list: readonly Problem[], said: Problem) => list.some(({ path: at, message }) => at === said.path && message === said.message);
  for (const problem of problemsOf(plugin, complete)) {
    if (isSaid(certain, problem)) continue;
    const message = isSaid(withoutSecrets, problem) ? problem.message : "is refused by the plugin with the secret that is referred to";
    problems.push({ code: "invalid_option", path: join(path, problem.path), message });
  }
  return complete;
}

/** Whether a path is the other one, or lies in it. */
const isWithin = (path: string, outer: string): boolean => outer === "" || path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

const problemsOf = (plugin: BackendPlugin | undefined, options: unknown): readonly Problem[] =>
  (plugin === undefined ? [] : validateOptions(plugin.optionsSchema, options).problems ?? []);
