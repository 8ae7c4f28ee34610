import { isRecord } from "../codec/decoder.ts";
import type { BootSources } from "./boot-config.ts";

/** Where a secret is, in place of the secret. */
export type SecretReference =
  | { /** Name of an environment variable. */ readonly env: string }
  | { /** Path, relative to the config's folder. One line break at the end of a file of one line is not part of the secret. */ readonly file: string };

/** An object with exactly one member, `env` or `file`, that is a text. */
export function isSecretReference(value: unknown): value is SecretReference {
  if (!isRecord(value)) return false;
  const [key, ...more] = Object.keys(value);
  return (key === "env" || key === "file") && more.length === 0 && typeof value[key] === "string" && value[key] !== "";
}

/** A copy of a value in which every secret reference, at any depth, is replaced. */
export function replaceReferences(value: unknown, replace: (reference: SecretReference, path: string) => unknown, path = ""): unknown {
  if (isSecretReference(value)) return replace(value, path);
  if (Array.isArray(value)) return value.map((item, index) => replaceReferences(item, replace, `${path}[${index}]`));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceReferences(member, replace, path === "" ? key : `${path}.${key}`)]));
}

/** The secret, or why it cannot be read. No message holds a secret. */
export async function readSecret(reference: SecretReference, sources: Pick<BootSources, "env" | "readFile">):
  Promise<{ readonly secret: string; readonly problem?: undefined } | { readonly problem: string; readonly cause?: unknown }> {
  if ("env" in reference) {
    const secret = sources.env[reference.env];
    if (secret === undefined) return { problem: `the environment variable ${reference.env} is not set` };
    return secret === "" ? { problem: `the environment variable ${reference.env} is empty` } : { secret };
  }
  try {
    const secret = (await sources.readFile(reference.file)).replace(/^([^\n]*?)\r?\n$/, "$1");
    return secret === "" ? { problem: `the file ${reference.file} is empty` } : { secret };
  } catch (cause) {
    const code: unknown = typeof cause === "object" && cause !== null ? Reflect.get(cause, "code") : undefined;
    return { problem: `the file ${reference.file} cannot be read${typeof code === "string" ? ` (${code})` : ""}`, cause };
  }
}
