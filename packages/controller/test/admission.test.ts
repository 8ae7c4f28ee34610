import { describe, expect, test } from "vitest";
import { caught } from "./fixtures/caught.ts";
import { controllerOn, envelope, grantOf, keptEvents, startedOn, startMs, stillPlatform } from "./fixtures/setting.ts";

describe("the same submission again", () => {
  test("gets the same answer and makes nothing", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform);
    const events = keptEvents(controller);
    const [first, second] = await Promise.all([controller.submitTrusted(grantOf(), envelope), controller.submitTrusted(grantOf(), envelope)]);
    expect(second.requestKey).toBe(first.requestKey);
    const running = await controller.waitFor(first.requestKey, "running");
    expect(await controller.submitTrusted(grantOf(), envelope)).toEqual(running);
    expect(platform.machines()).toHaveLength(1);
    expect(events.filter(({ type }) => type === "accepted")).toHaveLength(1);
  });

  test("gets the same answer once it is over, and also after its deadline", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform);
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    platform.exit(requestKey, 0);
    const { log } = await controller.waitFor(requestKey, "settled");
    expect(await controller.submitTrusted(grantOf(), envelope)).toMatchObject({ state: "settled", log });
    await platform.advance(4000);
    expect(await controller.submitTrusted(grantOf(), envelope)).toMatchObject({ state: "settled", log });
  });
});

describe("a request id", () => {
  test("with another grant is a conflict", async () => {
    await using controller = await startedOn(stillPlatform());
    await controller.submitTrusted(grantOf(), envelope);
    expect(await caught(() => controller.submitTrusted(grantOf("request-1", { manifest: { ramMib: 513 } }), envelope))).toMatchObject({ code: "conflict", outcome: "none", message: expect.stringContaining("another grant") });
  });

  test("with another envelope is a conflict, also when the first is over", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform);
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    const another = { ...envelope, environment: { NAME: "value" } };
    expect(await caught(() => controller.submitTrusted(grantOf(), another))).toMatchObject({ code: "conflict", message: expect.stringContaining("another envelope") });
    await controller.cancel(requestKey);
    await controller.waitFor(requestKey, "settled");
    expect(await caught(() => controller.submitTrusted(grantOf(), another))).toMatchObject({ code: "conflict" });
  });

  test("belongs to its issuer: another issuer's is another request", async () => {
    await using controller = await startedOn(stillPlatform());
    const [one, other] = [await controller.submitTrusted(grantOf(), envelope), await controller.submitTrusted(grantOf("request-1", { issuer: "another" }), envelope)];
    expect(other.requestKey).not.toBe(one.requestKey);
  });
});

test.each([
  ["for another provider", grantOf("a", { providerId: "another" }), envelope, "wrong_audience"],
  ["that has expired", grantOf("a", { validTo: startMs / 1000 }), envelope, "grant_expired"],
  ["that is not yet valid", grantOf("a", { validFrom: startMs / 1000 + 1 }), envelope, "grant_not_yet_valid"],
  ["whose envelope brings another image", grantOf("a", { imageDigest: `sha256:${"a".repeat(64)}` }), envelope, "image_mismatch"],
] as const)("a grant %s is refused, and nothing is written down", async (_what, grant, content, code) => {
  await using controller = await startedOn(stillPlatform());
  expect(await caught(() => controller.submitTrusted(grant, content))).toMatchObject({ code, outcome: "none" });
  expect((await controller.overview()).grants).toEqual({ accepted: 0, running: 0, ending: 0, settled: 0 });
});

test("a caller that goes away changes nothing: the grant runs, and its wait ends", async () => {
  const platform = stillPlatform();
  await using controller = await startedOn(platform);
  const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
  const leaves = new AbortController();
  const waiting = caught(() => controller.waitFor(requestKey, "settled", { signal: leaves.signal }));
  leaves.abort();
  expect(await waiting).toMatchObject({ code: "aborted" });
  expect(await controller.waitFor(requestKey, "running")).toMatchObject({ state: "running" });
});

test("a grant that nobody submitted is not found", async () => {
  await using controller = await startedOn(stillPlatform());
  for (const call of [() => controller.status("a".repeat(26)), () => controller.cancel("a".repeat(26)), () => controller.waitFor("a".repeat(26), "running")]) {
    expect(await caught(call)).toMatchObject({ code: "not_found" });
  }
});

test("a controller that does not run accepts nothing", async () => {
  const controller = await controllerOn(stillPlatform());
  expect(await caught(() => controller.submitTrusted(grantOf(), envelope))).toMatchObject({ code: "unavailable", outcome: "none" });
  await controller.stop();
  expect(await caught(() => controller.submitTrusted(grantOf(), envelope))).toMatchObject({ code: "unavailable", outcome: "none" });
  expect(await caught(() => controller.start())).toMatchObject({ code: "unsupported" });
});
