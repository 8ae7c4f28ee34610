import { expect, test } from "vitest";
import { encodeTags } from "@bridge/core/backend";
import { PlatformFailure } from "./fixtures/fake-platform.ts";
import { bench, contextOf, envelope, grant, requestKey } from "./fixtures/setting.ts";

test("a list holds all of this owner's things, with what their tags say", async () => {
  const { backend, platform } = bench();
  const { context } = contextOf();
  await backend.provision(grant(), envelope(), context);
  const tags = encodeTags({ owner: "owner-1", ledgerId: "ledger-9", backend: "other", requestKey, attempt: 3, deadlineMs: 5_000 });
  platform.put({ id: "disk-1", kind: "disk", region: "there", state: "ended", tags, createdAtMs: 1_000 });
  platform.put({ id: "foreign", region: "here", state: "running", tags: { ...tags, "bridge-owner": "owner-2" } });
  platform.put({ id: "unrelated", region: "here", state: "running", tags: {} });
  const { scopes, instances } = await backend.list();
  expect(scopes).toEqual([{ scope: "scope-a", complete: true }]);
  expect(instances).toEqual([
    expect.objectContaining({ instanceId: "m-1", backend: "fake", requestKey, attempt: 1, kind: "machine", state: "running", ledgerId: "ledger-1", deadlineMs: context.deadlineMs }),
    {
      instanceId: "disk-1", backend: "other", scope: "scope-a", requestKey, attempt: 3, kind: "disk", state: "ended", ledgerId: "ledger-9", deadlineMs: 5_000,
      intentAtMs: 1_000, placement: { scope: "scope-a", region: "there", size: "unknown", resolved: {} },
    },
  ]);
});

test("a scope that cannot be listed is incomplete with its error; the others are complete", async () => {
  const { backend, platform } = bench();
  platform.heldScopes = ["scope-a", "scope-b"];
  platform.onList = async () => {
    if (platform.lists.at(-1) === "scope-b") throw new PlatformFailure("denied", { code: "forbidden" });
    return [];
  };
  const { scopes } = await backend.list();
  expect(scopes).toEqual([{ scope: "scope-a", complete: true }, { scope: "scope-b", complete: false, error: expect.objectContaining({ code: "forbidden", backend: "fake" }) }]);
});

test("a scope tells the platform's clock where the platform does", async () => {
  const { backend, platform } = bench();
  platform.heldScopes = ["scope-a", "scope-b"];
  Object.assign(platform, { clockSkewMs: (scope: string) => (scope === "scope-a" ? -7000 : undefined) });
  const { scopes } = await backend.list();
  expect(scopes).toEqual([{ scope: "scope-a", complete: true, clockSkewMs: -7000 }, { scope: "scope-b", complete: true }]);
});

test("a list without scopes to name is an error, never empty", async () => {
  const { backend, platform } = bench();
  platform.scopes = async () => {
    throw new PlatformFailure("down", { code: "unavailable" });
  };
  await expect(backend.list()).rejects.toMatchObject({ code: "unavailable", operation: "list" });
});

test("a thing of ours with damaged tags is listed with what is known, and no deadline is made up for it", async () => {
  const { backend, platform } = bench();
  platform.put({ id: "d-1", region: "here", state: "running", tags: { "bridge-owner": "owner-1", "bridge-deadline-ms": "", "bridge-attempt": "two" } });
  platform.put({ id: "d-2", region: "here", state: "running", tags: { "bridge-owner": "owner-1", "bridge-deadline-ms": "7000", "bridge-attempt": "2", "bridge-request": requestKey } });
  const { instances } = await backend.list();
  expect(instances).toMatchObject([
    { instanceId: "d-1", backend: "fake", requestKey: "unknown", attempt: 0, ledgerId: "unknown" },
    { instanceId: "d-2", backend: "fake", requestKey, attempt: 2, ledgerId: "unknown", deadlineMs: 7_000 },
  ]);
  expect(instances[0]).not.toHaveProperty("deadlineMs");
});

test("many lists at once share one call to the platform", async () => {
  const { backend, platform } = bench();
  await Promise.all(Array.from({ length: 50 }, () => backend.list()));
  expect(platform.lists.length).toBeLessThanOrEqual(2);
});
