import { namePattern } from "../backend/define-backend.ts";
import type { OptionsSchema } from "../backend/options-schema.ts";
import { isRecord } from "../codec/decoder.ts";

/** A plugin whose options the editor should know. */
export interface InstalledPlugin {
  /** As the config names it. */
  readonly use: string;
  readonly plugin: { readonly optionsSchema: OptionsSchema<unknown> };
}

type JsonSchema = Readonly<Record<string, unknown>>;

const text = (description: string, more: JsonSchema = {}): JsonSchema => ({ type: "string", minLength: 1, description, ...more });
const strict = (properties: JsonSchema, required: readonly string[], more: JsonSchema = {}): JsonSchema =>
  ({ type: "object", properties, required, additionalProperties: false, ...more });

const secretReference: JsonSchema = {
  description: "Where a secret is: in an environment variable, or in a file (relative to the config's folder).",
  oneOf: [strict({ env: text("Name of an environment variable.") }, ["env"]), strict({ file: text("Path of a file.") }, ["file"])],
};

const price = (what: string): JsonSchema => ({ type: "number", minimum: 0, description: `Price of ${what} for one hour.` });

/**
 * A JSON Schema (2020-12) of the boot config, for editors. The options of a plugin are described where its schema offers
 * JSON Schema (https://standardschema.dev/json-schema), such as zod's; else any object will do.
 */
export function bootConfigSchema(plugins: readonly InstalledPlugin[] = []): JsonSchema {
  const name = (description: string) => text(description, { pattern: namePattern.source });
  const entry = strict({
    use: text("A package such as @bridge/backend-local, or a path that starts with ./"),
    name: name("What logs, tags and instances call it. Default: the plugin's name."),
    options: { type: ["object", "null"], description: "The plugin's options; secrets as references." },
    rates: strict({ currency: text("ISO 4217 code.", { pattern: "^[A-Z]{3}$" }), cpuCoreHour: price("one CPU core"), ramGibHour: price("one GiB of memory") },
      ["currency", "cpuCoreHour", "ramGibHour"], { description: "What it costs; for plans." }),
  }, ["use"]);
  const known = plugins.flatMap(({ use, plugin }) => {
    const options = optionsJsonSchema(use, plugin);
    return options === undefined ? [] : [{ if: { properties: { use: { const: use } }, required: ["use"] }, then: { properties: { options } } }];
  });
  return strict({
    owner: name("Names this installation; tagged on everything that it creates."),
    providerId: text("Grants name the provider that they are for.", { maxLength: 128 }),
    masterSecret: secretReference,
    ledgerId: name("Id of the ledger that remembers the attempts."),
    fallback: { enum: ["next", "never"], description: "After a failed attempt: try the next candidate, or give up. Default: next." },
    backends: { type: "array", minItems: 1, description: "In order of preference.", items: known.length === 0 ? entry : { ...entry, allOf: known } },
  }, ["owner", "providerId", "masterSecret", "backends"], { $schema: "https://json-schema.org/draft/2020-12/schema", title: "Boot config of Bridge" });
}

/** What the plugin's schema says of itself; undefined when it does not, or cannot. */
function optionsJsonSchema(use: string, { optionsSchema }: InstalledPlugin["plugin"]): unknown {
  const converter: unknown = Reflect.get(optionsSchema["~standard"], "jsonSchema");
  if (!isRecord(converter) || typeof converter["input"] !== "function") return undefined;
  try {
    const answer: unknown = Reflect.apply(converter["input"], converter, [{ target: "draft-2020-12" }]);
    if (!isRecord(answer)) return undefined;
    const { $schema: _draft, ...schema } = answer;
    // With an id of its own, its references to its own definitions still hold where it is put.
    return withSecretReferences("$defs" in schema ? { $id: `bridge-options:${encodeURIComponent(use)}`, ...schema } : schema);
  } catch {
    // The standard lets a library throw for what JSON Schema cannot say. An editor then knows less; loading checks all.
    return undefined;
  }
}

/** Wherever a schema wants a text, a reference to a secret will do as well. */
function withSecretReferences(schema: unknown): unknown {
  if (!isRecord(schema)) return schema;
  const each = (members: unknown) => (isRecord(members) ? Object.fromEntries(Object.entries(members).map(([key, member]) => [key, withSecretReferences(member)])) : members);
  const all = (members: unknown) => (Array.isArray(members) ? members.map(withSecretReferences) : members);
  const deeper = Object.fromEntries(Object.entries(schema).map(([key, value]) => {
    if (["properties", "patternProperties", "$defs"].includes(key)) return [key, each(value)];
    if (["anyOf", "oneOf", "allOf", "prefixItems"].includes(key)) return [key, all(value)];
    return [key, ["items", "additionalProperties"].includes(key) ? withSecretReferences(value) : value];
  }));
  return schema["type"] === "string" ? { anyOf: [deeper, secretReference] } : deeper;
}
