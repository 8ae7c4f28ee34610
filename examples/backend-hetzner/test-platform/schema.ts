import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";

interface Description {
  readonly queries: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly $defs: Readonly<Record<string, object>>;
}

/** The same schema with closed objects: what the description does not name is not there. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== "object") return value;
  const members = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, closed(member)]));
  return "properties" in members && members["type"] === "object" ? { additionalProperties: false, ...members } : members;
}

const formats = { "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/, decimal: /^\d+(\.\d+)?$/, int64: true, int32: true, double: true } as const;

/** Reads the description at its first use: a module that a subject imports must do no I/O. */
const read = once(() => {
  // Ours: see its first line for where it comes from.
  const { queries, $defs } = JSON.parse(readFileSync(new URL("hetzner-cloud.schema.json", import.meta.url), "utf8")) as Description;
  const bodies = new Ajv({ strict: false, allErrors: true, formats });
  bodies.addSchema({ $id: "hetzner", $defs: closed($defs) as object });
  // Query values are text; one value stands for an array of one.
  const texts = new Ajv({ strict: false, coerceTypes: "array", formats });
  const compiled = new Map(Object.entries(queries).map(([operation, properties]) => [operation, texts.compile({ type: "object", properties, additionalProperties: false })]));
  return { bodies, queries: compiled };
});

function once<Value>(make: () => Value): () => Value {
  let value: { readonly made: Value } | undefined;
  return () => (value ??= { made: make() }).made;
}

const problemsOf = (validate: ValidateFunction, value: unknown): readonly string[] =>
  validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath || "/"} ${message ?? ""} ${JSON.stringify(params)}`);

/** What is wrong with a part of a request or an answer by Hetzner's own description; `name` is such as `answer of GET /servers`. */
export function problems(name: string, value: unknown): readonly string[] {
  const validate = read().bodies.getSchema(`hetzner#/$defs/${name.replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D").replaceAll(" ", "%20")}`);
  if (validate === undefined) return [`${name} is not described`];
  return problemsOf(validate, value).map((problem) => `${name}: ${problem}`);
}

/** What is wrong with the query of a request. */
export function queryProblems(operation: string, query: URLSearchParams): readonly string[] {
  const validate = read().queries.get(operation);
  if (validate === undefined) return [`${operation} is not described`];
  return problemsOf(validate, Object.fromEntries(query)).map((problem) => `query of ${operation}: ${problem}`);
}
