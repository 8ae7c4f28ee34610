import type { TagSpecification } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Tags } from "../things.ts";

const mostTags = 50;
const longestKey = 128;
const longestValue = 256;
const wrong = (message: string) => new AwsError("InvalidParameterValue", message);

/**
 * The tags of a request by resource type. EC2's rules: at most 50, keys of 1 to 128 characters, none twice, none of AWS's own,
 * values of at most 256.
 *
 * @throws AwsError for the first rule that is broken; then nothing is made and nothing is tagged.
 */
export function readTags<Type extends string>(specifications: readonly TagSpecification[] | undefined, taggable: readonly Type[]): Readonly<Record<Type, Tags>> {
  const tags = new Map<string, Tags>(taggable.map((type) => [type, {}]));
  const seen = new Set<string>();
  for (const { ResourceType = "", Tags = [] } of specifications ?? []) {
    if (!tags.has(ResourceType)) throw wrong(`'${ResourceType}' is not a valid taggable resource type for this operation.`);
    if (seen.has(ResourceType)) throw wrong(`Duplicate resource type '${ResourceType}' in the tag specifications.`);
    seen.add(ResourceType);
    if (Tags.length === 0) throw new AwsError("InvalidTagKey.Malformed", "Tag specification must have at least one tag");
    const read: Record<string, string> = {};
    for (const { Key = "", Value = "" } of Tags) {
      if (Key === "") throw wrong("Tag key cannot be empty.");
      if ([...Key].length > longestKey) throw wrong(`Tag key exceeds the maximum length of ${longestKey} characters`);
      if ([...Value].length > longestValue) throw wrong(`Tag value exceeds the maximum length of ${longestValue} characters`);
      if (Key.toLowerCase().startsWith("aws:")) throw wrong("Tag keys starting with 'aws:' are reserved for internal use");
      if (Object.hasOwn(read, Key)) throw wrong(`Duplicate tag key '${Key}' specified.`);
      read[Key] = Value;
    }
    if (Object.keys(read).length > mostTags) throw new AwsError("TagLimitExceeded", `The maximum number of Tags for a resource has been reached.`);
    tags.set(ResourceType, read);
  }
  // All types of the list are in the map.
  return Object.fromEntries(tags) as Readonly<Record<Type, Tags>>;
}
