import type { Filter, Tag } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Call } from "../action.ts";
import { select } from "../filters.ts";
import { pageOf, type Page } from "../pages.ts";
import type { Tags } from "../things.ts";
import { findById, type IdWords } from "./find-by-id.ts";

/** What lists of things have in common in their requests. */
export interface ListRequest {
  readonly Filters?: readonly Filter[] | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

type Listed = { readonly id: string; readonly sequence: number; readonly createdAtMs: number; readonly tags: Tags };

/** Things that a call sees, by ids or by filters and pages: as they were at the moment that it shows. */
export function listThings<Thing extends Listed>({ viewMs, cloud }: Call, things: ReadonlyMap<string, Thing>, { request, ids, words, fields }: {
  readonly request: ListRequest; readonly ids: readonly string[] | undefined; readonly words: IdWords;
  readonly fields: Readonly<Record<string, (thing: Thing) => string | readonly string[] | undefined>>;
}): Page<Thing> {
  const visible = (thing: Thing | undefined) => (thing !== undefined && thing.createdAtMs <= viewMs ? thing : undefined);
  if (ids !== undefined && request.MaxResults !== undefined) throw new AwsError("InvalidParameterCombination", `The parameter ${words.noun}sSet cannot be used with the parameter maxResults`);
  const found = ids === undefined ? [...things.values()].flatMap((thing) => visible(thing) ?? []) : findById(ids, (id) => visible(things.get(id)), words);
  const passed = select(found, request.Filters, fields, ({ tags }) => tags);
  return ids === undefined ? pageOf(passed, ({ sequence }) => sequence, request, { fewest: 5, most: 1000, limit: cloud.settings.pageLimit }) : { items: passed };
}

/** Tags as EC2 writes them. */
export const tagList = (tags: Tags): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** The member `NextToken` of an answer, where there is a next page. */
export const nextToken = ({ nextToken: token }: Page<unknown>): { NextToken?: string } => (token === undefined ? {} : { NextToken: token });
