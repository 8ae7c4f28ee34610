import { isRecord } from "../codec/decoder.ts";
import type { Problem } from "../errors/bridge-error.ts";
import type { OptionsResult } from "./options-schema.ts";

type Path = readonly (string | number)[];

/** A key that no schema can know. */
const probe = "bridge-unknown-option";
const message = "the plugin's optionsSchema lets unknown keys pass here; a misspelt option would go unnoticed (zod: use z.strictObject)";

const textOf = (path: Path): string => path.reduce<string>((text, step) => (typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`), "");
const childrenOf = (value: unknown): readonly (readonly [string | number, unknown])[] =>
  (Array.isArray(value) ? [...value.entries()] : isRecord(value) ? Object.entries(value) : []);

function objectsIn(value: unknown, path: Path = []): readonly { readonly path: Path; readonly keys: readonly string[] }[] {
  const inside = childrenOf(value).flatMap(([key, child]) => objectsIn(child, [...path, key]));
  return isRecord(value) ? [{ path, keys: Object.keys(value) }, ...inside] : inside;
}

function withProbe(value: unknown, [step, ...rest]: Path): unknown {
  if (step === undefined) return isRecord(value) ? { ...value, [probe]: 1 } : value;
  const replaced = childrenOf(value).map(([key, child]) => [key, key === step ? withProbe(child, rest) : child] as const);
  return Array.isArray(value) ? replaced.map(([, child]) => child) : Object.fromEntries(replaced);
}

const partAt = (value: unknown, path: Path): unknown => path.reduce<unknown>((part, step) => childrenOf(part).find(([key]) => key === step)?.[1], value);

/**
 * Where a schema that accepts the options would also accept a key that nobody can know: at the top in any way, deeper
 * down by dropping it silently. (Deeper down, one that keeps it may be a record, whose keys are free.)
 */
export function swallowedKeyProblems(validate: (value: unknown) => OptionsResult<unknown>, options: unknown): readonly Problem[] {
  return objectsIn(options).flatMap(({ path, keys }) => {
    const result = validate(withProbe(options, path));
    if (result.issues !== undefined) return [];
    const part = partAt(result.value, path);
    // Where none of the keys is left, the schema made something else of the object, and may have read all of them.
    const dropped = isRecord(part) && !(probe in part) && keys.some((key) => key in part);
    return path.length === 0 || dropped ? [{ path: textOf(path), message }] : [];
  });
}
