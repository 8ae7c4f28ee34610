import type { ListedInstance, Listing } from "../backend/v1.ts";

/** Joins the listings of several backends. Two entries of one plugin in one scope see the same machines: each is kept once. */
export function mergeListings(listings: readonly Listing[]): Listing {
  const scopes = new Map<string, Listing["scopes"][number]>();
  const instances = new Map<string, ListedInstance>();
  for (const listing of listings) {
    for (const scope of listing.scopes) {
      if (!(scopes.get(scope.scope)?.complete ?? false)) scopes.set(scope.scope, scope);
    }
    for (const instance of listing.instances) instances.set(JSON.stringify([instance.scope, instance.kind, instance.instanceId]), instance);
  }
  return { scopes: [...scopes.values()], instances: [...instances.values()] };
}
