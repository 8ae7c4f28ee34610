import { namePattern } from "../backend/define-backend.ts";
import { type Rates, rates } from "../card/rates.ts";
import { type Decoder, isRecord, list, object, oneOf, text } from "../codec/decoder.ts";
import type { Problem } from "../errors/bridge-error.ts";
import { isSecretReference, type SecretReference } from "./secret-reference.ts";

/** The boot config as a person writes it. */
export interface WrittenConfig {
  readonly owner: string;
  readonly providerId: string;
  readonly masterSecret: SecretReference;
  readonly ledgerId?: string;
  readonly fallback?: "next" | "never";
  readonly backends?: readonly WrittenBackend[];
}

/** One entry of `backends` as a person writes it. */
export interface WrittenBackend {
  /** A package, or a path that starts with `./`, `../` or `/`. */
  readonly use: string;
  /** Default: the plugin's name. */
  readonly name?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly rates?: Rates;
}

/** What could be read of a written config, however much of it is wrong. */
export type PartsOfConfig = Partial<Omit<WrittenConfig, "backends">> & { readonly backends: readonly Partial<WrittenBackend>[] };

const packageName = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(\/[A-Za-z0-9._~/-]+)?$/;

/** Whether `use` names a file rather than a package. */
export const isPath = (use: string): boolean => /^\.{0,2}\//.test(use);

const use: Decoder<string> = (value, path, problems) =>
  text({ pattern: typeof value === "string" && isPath(value) ? /^[^\p{Cc}]+$/u : packageName, what: "the name of a package, or a path that starts with ./" })(value, path, problems);

const name = text({ pattern: namePattern, what: "lower-case letters, digits and hyphens, starting with a letter, at most 32" });

const reference: Decoder<SecretReference> = (value, path, problems) => {
  if (isSecretReference(value)) return value;
  // Never with the value: people write secrets here.
  problems.push({ path, message: "must be a reference to a secret: { env: NAME } or { file: path }" });
  return undefined;
};

const options: Decoder<Readonly<Record<string, unknown>>> = (value, path, problems) => {
  if (isRecord(value)) return value;
  problems.push({ path, message: "must be an object" });
  return undefined;
};

const backendShape = {
  use: { required: use },
  name: { optional: name },
  options: { optional: options },
  rates: { optional: rates("refuse") },
};
const configShape = {
  owner: { required: name },
  providerId: { required: text({ maxLength: 128, pattern: /^[^\p{Cc}]+$/u, what: "a text of 1 to 128 characters without control characters" }) },
  masterSecret: { required: reference },
  ledgerId: { optional: name },
  fallback: { optional: oneOf("next", "never") },
  backends: { optional: list(object<WrittenBackend>(backendShape)) },
};
const config = object<WrittenConfig>(configShape);

/** The members of an object that can be read, each by itself. */
function readable(value: unknown, shape: Readonly<Record<string, { required?: Decoder<unknown>; optional?: Decoder<unknown> }>>): Record<string, unknown> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(shape).flatMap(([key, field]) => {
    const read = (field.required ?? field.optional)?.(value[key], key, []);
    return read === undefined ? [] : [[key, read]];
  }));
}

/** A key without a value (`options:` above nothing but comments) counts as absent where that is harmless. */
function withoutNulls(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { backends, ...rest } = value;
  if (backends === undefined || backends === null) return rest;
  if (!Array.isArray(backends)) return value;
  return { ...rest, backends: backends.map((entry: unknown) => {
    if (!isRecord(entry) || entry["options"] !== null) return entry;
    const { options: _none, ...others } = entry;
    return others;
  }) };
}

/** Reads the config strictly: unknown keys are problems. What can be read is returned even so, so that all else can be checked too. */
export function readWrittenConfig(document: unknown, problems: Problem[]): PartsOfConfig {
  const value = withoutNulls(document);
  if (!isRecord(value)) {
    problems.push({ path: "", message: "must be an object with owner, providerId, masterSecret and backends" });
    return { backends: [] };
  }
  const whole = config(value, "", problems);
  if (whole !== undefined) return { ...whole, backends: whole.backends ?? [] };
  const { backends } = value;
  return {
    ...readable(value, configShape),
    backends: Array.isArray(backends) ? backends.map((entry: unknown) => readable(entry, backendShape)) : [],
  };
}
