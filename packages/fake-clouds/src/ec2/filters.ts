import type { Filter } from "@aws-sdk/client-ec2";
import { AwsError } from "../aws/aws-error.ts";
import type { Tags } from "./things.ts";

type Fields<Item> = Readonly<Record<string, (item: Item) => string | readonly string[] | undefined>>;

const longestValues = 200;

/** EC2's patterns: `*` is any text, `?` any character, a backslash makes the next one plain. */
function patternOf(value: string): RegExp {
  const source = value.replace(/\\(.)|[*?]|[.+^${}()|[\]\\]/g, (found, plain: string | undefined) => (plain !== undefined ? `\\${plain}` : found === "*" ? ".*" : found === "?" ? "." : `\\${found}`));
  return new RegExp(`^${source}$`, "s");
}

/**
 * The items that pass all filters: those of the given names, and, where there are tags, `tag:<key>`, `tag-key` and `tag-value`.
 *
 * @throws AwsError `InvalidParameterValue` for a filter that the action does not have, as EC2 does.
 */
export function select<Item>(items: readonly Item[], filters: readonly Filter[] | undefined, fields: Fields<Item>, tagsOf?: (item: Item) => Tags): readonly Item[] {
  const tests = (filters ?? []).map(({ Name = "", Values = [] }) => {
    const key = Name.startsWith("tag:") ? Name.slice(4) : undefined;
    const field = tagsOf === undefined ? fields[Name]
      : key !== undefined ? (item: Item) => tagsOf(item)[key]
      : Name === "tag-key" ? (item: Item) => Object.keys(tagsOf(item))
      : Name === "tag-value" ? (item: Item) => Object.values(tagsOf(item)) : fields[Name];
    if (field === undefined) throw new AwsError("InvalidParameterValue", `The filter '${Name}' is invalid`);
    if (Values.length === 0) throw new AwsError("InvalidParameterValue", `The filter '${Name}' has no values`);
    if (Values.length > longestValues) throw new AwsError("FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200");
    const patterns = Values.map(patternOf);
    return (item: Item) => [field(item) ?? []].flat().some((value) => patterns.some((pattern) => pattern.test(value)));
  });
  return items.filter((item) => tests.every((test) => test(item)));
}
