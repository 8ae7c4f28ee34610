import { describe, expect, test, vi } from "vitest";
import type { Backend, Listing } from "../../src/index.ts";
import { caught } from "../fixtures/caught.ts";
import { fleetOf } from "../fixtures/fleets.ts";
import { grantOf, refFields, startMs } from "../fixtures/grants.ts";
import { scripted } from "../fixtures/scripted-backend.ts";

const hangs = (): Promise<never> => new Promise(() => {});

describe.each(["capabilities", "placements"] as const)("a backend whose %s never answers", (member) => {
  test("is passed over after half a minute, and the next serves", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const choice = fleetOf([scripted("a", { [member]: hangs }), scripted("b")]).choose(grantOf());
      await vi.advanceTimersByTimeAsync(30_000);
      expect(await choice).toMatchObject({ backend: "b" });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

// Broken backends are none by their types.
const broken = (member: keyof Backend, answer: unknown): Partial<Backend> => ({ [member]: async () => answer });
const placement = { scope: "s", region: "r", size: "z", resolved: {} };

test.each([
  ["nothing", undefined], ["no list", "everywhere"], ["a list of nothing", [undefined]], ["one without a scope", [{ ...placement, scope: undefined }]],
  ["one that is no JSON", [{ ...placement, resolved: { at: startMs, big: 1n } }]],
])("a backend whose placements are %s is passed over, and the next serves", async (_what, answer) => {
  expect(await fleetOf([scripted("a", broken("placements", answer)), scripted("b")]).choose(grantOf())).toMatchObject({ backend: "b" });
});

const whole = { ...refFields, instanceId: "i", kind: "machine", state: "running", ledgerId: "l" } as const;

describe("a list", () => {
  const good: Listing = { scopes: [{ scope: "good", complete: true }], instances: [whole] };

  test.each([
    ["nothing", undefined], ["no scopes", { instances: [] }], ["a scope without a name", { scopes: [{ complete: true }], instances: [] }],
    ["an instance without a name", { scopes: [{ scope: "s", complete: true }], instances: [{ ...whole, requestKey: undefined }] }],
    ["a state that there is not", { scopes: [{ scope: "s", complete: true }], instances: [{ ...whole, state: "resting" }] }],
  ])("of a backend that answers with %s is incomplete; the others count", async (_what, answer) => {
    const listing = await fleetOf([scripted("a", broken("list", answer)), scripted("b", { list: async () => good })]).list();
    expect(listing).toEqual({ scopes: [{ scope: "a", complete: false, error: expect.objectContaining({ code: "internal", backend: "a" }) }, ...good.scopes], instances: good.instances });
  });

  test("of a backend that has not answered when the signal fires is incomplete; the others count", async () => {
    const ended = new AbortController();
    const listing = fleetOf([scripted("a", { list: hangs }), scripted("b", { list: async () => good })]).list({ signal: ended.signal });
    await new Promise((resolve) => void setImmediate(resolve));
    ended.abort();
    expect((await listing).scopes).toEqual([{ scope: "a", complete: false, error: expect.objectContaining({ code: "aborted" }) }, ...good.scopes]);
  });
});

test("a grant that nobody can place says what each backend answered", async () => {
  const error = await caught(() => fleetOf([scripted("a", broken("placements", "everywhere"))]).choose(grantOf()));
  expect(error).toMatchObject({ code: "internal", backend: "a", message: expect.stringContaining("must be a list") });
});
