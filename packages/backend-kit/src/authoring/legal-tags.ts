import { BridgeError, type Problem } from "@bridge/core/backend";

/** What a platform allows in tags or labels. */
export interface TagRules {
  /** What they are called there, for messages: `EC2 tags`. */
  readonly what: string;
  readonly maxCount: number;
  readonly name: RegExp;
  readonly value: RegExp;
}

/** Rules of the three clouds, by the characters that all their tools take. */
export const tagRules = {
  /** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions */
  ec2: { what: "EC2 tags", maxCount: 50, name: /^(?!aws:)[\p{L}\p{N} +\-=._:/@]{1,128}$/iu, value: /^(?!aws:)[\p{L}\p{N} +\-=._:/@]{0,256}$/iu },
  /** https://cloud.google.com/compute/docs/labeling-resources#requirements */
  gce: { what: "Compute Engine labels", maxCount: 64, name: /^[a-z][a-z0-9_-]{0,62}$/, value: /^[a-z0-9_-]{0,63}$/ },
  /** https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations */
  azure: { what: "Azure tags", maxCount: 50, name: /^(?!azure|windows|microsoft)[^<>%&\\?/\p{Cc}]{1,512}$/iu, value: /^\P{Cc}{0,256}$/u },
} as const satisfies Record<string, TagRules>;

/**
 * The tags as they are if the platform takes them. They are never changed to fit: what was changed is not found again.
 *
 * @throws BridgeError `invalid_option` with all problems, outcome `none`.
 */
export function requireLegalTags(tags: Readonly<Record<string, string>>, { what, maxCount, name, value }: TagRules): Readonly<Record<string, string>> {
  const entries = Object.entries(tags);
  const problems: Problem[] = entries.flatMap(([key, content]) => [
    ...(name.test(key) ? [] : [{ path: key, message: `is no legal name: must match ${name.source}` }]),
    ...(value.test(content) ? [] : [{ path: key, message: `its value is not legal: must match ${value.source}` }]),
  ]);
  if (entries.length > maxCount) problems.push({ path: "", message: `has ${entries.length} entries; at most ${maxCount}` });
  if (problems.length === 0) return tags;
  const lines = problems.map(({ path, message }) => `  ${path || "(all)"}: ${message}`);
  throw new BridgeError("invalid_option", `not legal as ${what}:\n${lines.join("\n")}`, { outcome: "none", problems });
}
