import { type Problem } from "../errors/bridge-error.ts";
import { problemsError } from "../codec/decoder.ts";
import type { OptionsIssue, OptionsSchema } from "./options-schema.ts";

const pathOf = (issue: OptionsIssue): string =>
  (issue.path ?? []).reduce<string>((path, step) => {
    const key = typeof step === "object" ? step.key : step;
    return typeof key === "number" ? `${path}[${key}]` : path === "" ? String(key) : `${path}.${String(key)}`;
  }, "");

/** A key that no schema can know; a schema that lets it pass swallows unknown keys. */
const probe = "bridge-unknown-option";

/** What is wrong with options by a plugin's schema; also when the schema would swallow unknown keys. */
export function validateOptions<Options>(schema: OptionsSchema<Options>, options: unknown):
  { readonly value: Options; readonly problems?: undefined } | { readonly problems: readonly Problem[] } {
  const result = schema["~standard"].validate(options);
  if (result instanceof Promise) return { problems: [{ path: "", message: "the plugin's optionsSchema validates asynchronously; it must be synchronous" }] };
  if (result.issues !== undefined) {
    return { problems: result.issues.map((issue) => ({ path: pathOf(issue), message: issue.message })) };
  }
  if (typeof options === "object" && options !== null) {
    const probed = schema["~standard"].validate({ ...options, [probe]: 1 });
    if (!(probed instanceof Promise) && probed.issues === undefined) {
      return { problems: [{ path: "", message: "the plugin's optionsSchema lets unknown keys pass; a misspelt option would go unnoticed (zod: use z.strictObject)" }] };
    }
  }
  return { value: result.value };
}

/** The options as the plugin wants them. @throws BridgeError `invalid_option` with all problems. */
export function parseOptions<Options>(schema: OptionsSchema<Options>, options: unknown, backend: string): Options {
  const result = validateOptions(schema, options);
  if (result.problems !== undefined) throw problemsError("invalid_option", `the options of backend "${backend}"`, result.problems);
  return result.value;
}
