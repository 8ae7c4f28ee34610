import { BridgeError, type Problem } from "../errors/bridge-error.ts";
import type { ErrorCode } from "../errors/codes.ts";

/** Reads a value of type T, or adds to the problems; a decoder reports all problems, not only the first. */
export type Decoder<T> = (value: unknown, path: string, problems: Problem[]) => T | undefined;

type Field<T, K extends keyof T> = undefined extends T[K]
  ? { readonly optional: Decoder<Exclude<T[K], undefined>> }
  : { readonly required: Decoder<T[K]> };
type Shape<T> = { readonly [K in keyof T]-?: Field<Pick<T, K>, K> };

/** A value as messages show it, whatever it is. */
function show(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // A BigInt, or something that refers to itself.
  }
  text ??= typeof value === "object" ? "an object that is no JSON" : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Adds a problem and returns undefined. */
function refuse(problems: Problem[], path: string, message: string): undefined {
  problems.push({ path, message });
  return undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A string of 1 to `maxLength` characters without control characters, matching `pattern` where one is given. */
export function text({ maxLength = 1024, pattern, what = "a string", secret = false }: {
  maxLength?: number; pattern?: RegExp; what?: string; secret?: boolean;
} = {}): Decoder<string> {
  return (value, path, problems) => {
    const seen = secret ? "" : `, not ${show(value)}`;
    if (typeof value !== "string" || value === "") return refuse(problems, path, `must be ${what}${seen}`);
    if (value.length > maxLength) return refuse(problems, path, `must have at most ${maxLength} characters, has ${value.length}`);
    if (pattern !== undefined && !pattern.test(value)) return refuse(problems, path, `must be ${what}${seen}`);
    return value;
  };
}

/** An integer from `min` to `max`. */
export function integer({ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}): Decoder<number> {
  return (value, path, problems) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : refuse(problems, path, `must be an integer from ${min} to ${max}, not ${show(value)}`);
}

/** A finite number that is not negative. */
export const amount: Decoder<number> = (value, path, problems) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0
    ? value
    : refuse(problems, path, `must be a number that is not negative, not ${show(value)}`);

/** A boolean. */
export const boolean: Decoder<boolean> = (value, path, problems) =>
  typeof value === "boolean" ? value : refuse(problems, path, `must be true or false, not ${show(value)}`);

/** One of the words. */
export function oneOf<const T extends string>(...words: readonly T[]): Decoder<T> {
  return (value, path, problems) =>
    words.find((word) => word === value)
    ?? refuse(problems, path, `must be one of ${words.map((word) => `"${word}"`).join(", ")}, not ${show(value)}`);
}

/** A list of at most `maxItems`. */
export function list<T>(item: Decoder<T>, { maxItems = 1024 }: { maxItems?: number } = {}): Decoder<readonly T[]> {
  return (value, path, problems) => {
    if (!Array.isArray(value)) return refuse(problems, path, `must be a list, not ${show(value)}`);
    if (value.length > maxItems) return refuse(problems, path, `must have at most ${maxItems} entries, has ${value.length}`);
    return value.flatMap((entry, index) => item(entry, `${path}[${index}]`, problems) ?? []);
  };
}

/** An object whose keys are free and whose values are alike. */
export function record<T>(item: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return (value, path, problems) => {
    if (!isRecord(value)) return refuse(problems, path, "must be an object");
    const read: [string, T][] = [];
    for (const [key, entry] of Object.entries(value)) {
      const result = item(entry, `${path}.${key}`, problems);
      if (result !== undefined) read.push([key, result]);
    }
    return Object.fromEntries(read);
  };
}

/** An object with these members. `unknown: "refuse"` (default) is for what people write, `"ignore"` for what machines answer. */
export function object<T>(shape: Shape<T>, { unknown = "refuse" }: { unknown?: "refuse" | "ignore" } = {}): Decoder<T> {
  return (value, path, problems) => {
    if (!isRecord(value)) return refuse(problems, path, `must be an object, not ${show(value)}`);
    const before = problems.length;
    const at = (key: string) => (path === "" ? key : `${path}.${key}`);
    const read: Record<string, unknown> = {};
    const fields: Record<string, { required?: Decoder<unknown>; optional?: Decoder<unknown> }> = shape;
    for (const [key, field] of Object.entries(fields)) {
      const member = Object.hasOwn(value, key) ? value[key] : undefined;
      if (member !== undefined) read[key] = (field.required ?? field.optional)?.(member, at(key), problems);
      else if (field.required !== undefined) refuse(problems, at(key), "is missing");
    }
    if (unknown === "refuse") {
      for (const key of Object.keys(value)) {
        if (!Object.hasOwn(fields, key)) refuse(problems, at(key), `is not known here; known are ${Object.keys(fields).join(", ")}`);
      }
    }
    // The shape names every member of T with a decoder of its type: without problems, `read` is a T.
    return problems.length === before ? (read as T) : undefined;
  };
}

/** Runs a decoder; throws one BridgeError with all problems. `subject` is named in the message: "the grant". */
export function decode<T>(decoder: Decoder<T>, value: unknown, { code, subject }: { code: ErrorCode; subject: string }): T {
  const problems: Problem[] = [];
  const result = decoder(value, "", problems);
  if (result === undefined || problems.length > 0) throw problemsError(code, subject, problems);
  return result;
}

/** The value of a JSON text; undefined, which no decoder accepts, when it is none. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Keys and values may hold anything: a line break could pass for another problem. */
const onOneLine = (text: string): string => text.replace(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** One error for all problems of an input. */
export function problemsError(code: ErrorCode, subject: string, found: readonly Problem[]): BridgeError {
  const problems = found.map(({ path, message, ...line }) => ({ path: onOneLine(path), message: onOneLine(message), ...line }));
  const lines = problems.map(({ path, message, line }) => `  ${path || "(top)"}${line === undefined ? "" : ` (line ${line})`}: ${message}`);
  return new BridgeError(code, `${problems.length === 1 ? "a problem" : `${problems.length} problems`} with ${subject}:\n${lines.join("\n")}`, { problems });
}
