import type { Description, Root, Shape } from "./description.ts";

/** Something in a request or an answer that the published description does not allow. */
export interface Problem {
  /** Dotted path: `TagSpecifications[0].ResourceType`. */
  readonly path: string;
  readonly problem: string;
  /** The code with which AWS refuses such a request. */
  readonly code: "MissingParameter" | "UnknownParameter" | "InvalidParameterValue";
}

const scalars: Readonly<Record<Exclude<NonNullable<Shape["type"]>, "structure" | "list" | "map">, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  integer: (value) => Number.isSafeInteger(value),
  long: (value) => Number.isSafeInteger(value),
  float: (value) => typeof value === "number" && Number.isFinite(value),
  double: (value) => typeof value === "number" && Number.isFinite(value),
  timestamp: (value) => value instanceof Date && Number.isFinite(value.getTime()),
  blob: (value) => typeof value === "string",
};

/** Compares a value with the description: missing, unknown and mistyped members, and words that are none of an enumeration. */
export function checkValue(description: Description, value: unknown, { shape, typeName }: Root, path = ""): readonly Problem[] {
  const resolved = description.resolve(shape);
  const { type = "string" } = resolved;
  const wrong = (problem: string): readonly Problem[] => [{ path, problem, code: "InvalidParameterValue" }];
  const { enumerations } = description;
  if (type === "structure") return isRecord(value) ? checkMembers(description, value, { shape: resolved, typeName }, path) : wrong("is no structure");
  if (type === "map") return isRecord(value) ? [] : wrong("is no map");
  if (type === "list") {
    if (!Array.isArray(value)) return wrong("is no list");
    const member = { shape: resolved.member ?? {}, typeName: enumerations.elementType(typeName) };
    return value.flatMap((element, index) => checkValue(description, element, member, `${path}[${index}]`));
  }
  if (!scalars[type](value)) return wrong(`is no ${type}: ${JSON.stringify(value)}`);
  const values = enumerations.valuesOf(typeName);
  // The scalar is a string: enumerations are of strings only.
  return values === undefined || values.includes(value as string) ? [] : wrong(`${JSON.stringify(value)} is none of ${values.join(", ")}`);
}

function checkMembers(description: Description, value: Readonly<Record<string, unknown>>, { shape, typeName }: { readonly shape: Shape; readonly typeName: string | undefined }, path: string): readonly Problem[] {
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const { enumerations } = description;
  const problems: Problem[] = (shape.required ?? []).filter((name) => value[name] === undefined).map((name) => ({ path: at(name), problem: "is missing", code: "MissingParameter" }));
  for (const [name, member] of Object.entries(value)) {
    const memberShape = shape.members?.[name];
    if (member === undefined) continue;
    if (memberShape === undefined) problems.push({ path: at(name), problem: "is unknown", code: "UnknownParameter" });
    else problems.push(...checkValue(description, member, { shape: memberShape, typeName: enumerations.memberType(typeName, name) }, at(name)));
  }
  return problems;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
