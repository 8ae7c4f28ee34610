import type { Problem } from "../errors/bridge-error.ts";
import { problemsError } from "../codec/decoder.ts";
import type { OptionsIssue, OptionsResult, OptionsSchema } from "./options-schema.ts";
import { swallowedKeyProblems } from "./swallowed-keys.ts";

/** What is wrong with options by a plugin's schema; also when the schema would swallow unknown keys. */
export function validateOptions<Options>(schema: OptionsSchema<Options>, options: unknown):
  { readonly value: Options; readonly problems?: undefined } | { readonly problems: readonly Problem[] } {
  const refused = (message: string) => ({ issues: [{ message }] });
  const validate = (value: unknown): OptionsResult<Options> => {
    try {
      const result = schema["~standard"].validate(value);
      return result instanceof Promise ? refused("the plugin's optionsSchema validates asynchronously; it must be synchronous") : result;
    } catch {
      // Without its message: that could hold a secret.
      return refused("the plugin's optionsSchema threw instead of answering");
    }
  };
  const result = validate(options);
  const problems = result.issues === undefined ? swallowedKeyProblems(validate, options) : result.issues.flatMap(problemsOfIssue);
  if (problems.length > 0 || result.issues !== undefined) return { problems };
  return { value: result.value };
}

const keyIn = (path: string, key: PropertyKey): string => (typeof key === "number" ? `${path}[${key}]` : path === "" ? String(key) : `${path}.${String(key)}`);

/** One problem; for unknown keys, where zod names them, one for each. */
function problemsOfIssue(issue: OptionsIssue): readonly Problem[] {
  const path = (issue.path ?? []).reduce<string>((at, step) => keyIn(at, typeof step === "object" ? step.key : step), "");
  const keys: unknown = Reflect.get(issue, "code") === "unrecognized_keys" ? Reflect.get(issue, "keys") : undefined;
  if (!Array.isArray(keys)) return [{ path, message: issue.message }];
  return keys.map((key) => ({ path: keyIn(path, String(key)), message: "is not known here" }));
}

/** The options as the plugin wants them. @throws BridgeError `invalid_option` with all problems. */
export function parseOptions<Options>(schema: OptionsSchema<Options>, options: unknown, backend: string): Options {
  const result = validateOptions(schema, options);
  if (result.problems !== undefined) throw problemsError("invalid_option", `the options of backend "${backend}"`, result.problems);
  return result.value;
}
