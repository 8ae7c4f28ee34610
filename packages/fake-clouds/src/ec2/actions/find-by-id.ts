import { AwsError } from "../../aws/aws-error.ts";

/** EC2's words for one kind of thing. */
export interface IdWords {
  /** `i` */
  readonly prefix: string;
  /** `InvalidInstanceID` */
  readonly code: string;
  /** `instance` */
  readonly noun: string;
}

/**
 * The things of these ids, all of them.
 *
 * @throws AwsError `….Malformed`, `….NotFound`: one bad id fails the whole call.
 */
export function findById<Thing>(ids: readonly string[], find: (id: string) => Thing | undefined, { prefix, code, noun }: IdWords): readonly Thing[] {
  const malformed = ids.find((id) => !new RegExp(`^${prefix}-[0-9a-f]{8}([0-9a-f]{9})?$`).test(id));
  if (malformed !== undefined) throw new AwsError(`${code}.Malformed`, `Invalid id: "${malformed}"`);
  const missing = ids.filter((id) => find(id) === undefined);
  if (missing.length === 1) throw new AwsError(`${code}.NotFound`, `The ${noun} ID '${missing[0]}' does not exist`);
  if (missing.length > 1) throw new AwsError(`${code}.NotFound`, `The ${noun} IDs '${missing.join(", ")}' do not exist`);
  return ids.flatMap((id) => find(id) ?? []);
}
