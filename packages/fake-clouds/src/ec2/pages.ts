import { AwsError } from "../aws/aws-error.ts";

/** The part of a list that an answer holds. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken?: string;
}

/** What a list may be asked for. */
export interface PageBounds {
  readonly fewest: number;
  readonly most: number;
  /** What the platform gives at most, whatever was asked for. */
  readonly limit: number;
}

/**
 * One page of items in the order of their sequence. The token says after which, so that what is deleted meanwhile hides
 * nothing.
 *
 * @throws AwsError `InvalidParameterValue` for sizes out of bounds and tokens that were never given.
 */
export function pageOf<Item>(items: readonly Item[], sequenceOf: (item: Item) => number, { MaxResults, NextToken }: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined }, { fewest, most, limit }: PageBounds): Page<Item> {
  if (MaxResults !== undefined && (MaxResults < fewest || MaxResults > most)) {
    throw new AwsError("InvalidParameterValue", `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value between ${fewest} and ${most}.`);
  }
  const after = NextToken === undefined ? -1 : readToken(NextToken);
  const rest = items.filter((item) => sequenceOf(item) > after).sort((a, b) => sequenceOf(a) - sequenceOf(b));
  const page = rest.slice(0, Math.min(MaxResults ?? most, limit));
  const last = page.at(-1);
  return { items: page, ...(last === undefined || page.length === rest.length ? {} : { nextToken: Buffer.from(`after ${sequenceOf(last)}`).toString("base64url") }) };
}

function readToken(token: string): number {
  const [, after] = /^after (\d+)$/.exec(Buffer.from(token, "base64url").toString()) ?? [];
  if (after === undefined) throw new AwsError("InvalidParameterValue", "Unable to parse pagination token");
  return Number(after);
}
