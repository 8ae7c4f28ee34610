import { expect, it } from "vitest";
import { compareRequests } from "./fixtures/expected-requests.ts";
import { liveOnce } from "./fixtures/life.ts";
import { readRequests } from "./fixtures/read-request.ts";

it.each(["plain", "choosy"] as const)("every request of a %s life is on the wire, whole and as it is meant, and no other", async (kind) => {
  const life = await liveOnce(kind, (violations) => expect(violations).toEqual([]));
  expect(compareRequests(kind, readRequests(life))).toEqual([]);
});
