import { memory } from "@bridge/core/memory";
import { describe, expect, test } from "vitest";
import { Controller, type IssuerLimits } from "../src/index.ts";
import { caught } from "./fixtures/caught.ts";
import { controllerOn, envelope, grantOf, startedOn, startMs, stillPlatform } from "./fixtures/setting.ts";
import { soon } from "./fixtures/soon.ts";

const hour = { validTo: startMs / 1000 + 3600 };
/** Each kind of limit, with a grant that fits once and not twice. */
const kinds: readonly (readonly [keyof IssuerLimits, number])[] = [
  ["concurrentGrants", 1], ["cpuMillicores", 1500], ["ramMib", 1000], ["storageGib", 1], ["coreSecondsPerDay", 5000],
];

describe.each(["issuer", "installation"] as const)("the limits of an %s", (whose) => {
  const limitsOf = (limit: Partial<IssuerLimits>) => (whose === "issuer" ? { issuers: { issuer: limit } } : { owner: limit });

  test.each(kinds)("hold for %s", async (kind, limit) => {
    await using controller = await startedOn(stillPlatform(), { limits: limitsOf({ [kind]: limit }) });
    await controller.submitTrusted(grantOf("first", hour), envelope);
    const error = await caught(() => controller.submitTrusted(grantOf("second", hour), envelope));
    expect(error).toMatchObject({ code: "limit_exceeded", outcome: "none", retryable: true });
    expect(error.message).toContain(`${whose === "issuer" ? 'issuer "issuer"' : "this installation"}: ${kind}`);
    expect(error.message).toContain(`of ${limit} in use`);
    expect((await controller.overview()).grants.accepted + (await controller.overview()).grants.running).toBe(1);
    const other = controller.submitTrusted(grantOf("other", { ...hour, issuer: "another" }), envelope);
    if (whose === "issuer") expect(await other).toMatchObject({ state: "accepted" });
    else expect(await caught(() => other)).toMatchObject({ code: "limit_exceeded" });
  });

  test("hold for the longest lease", async () => {
    await using controller = await startedOn(stillPlatform(), { limits: limitsOf({ longestLeaseSeconds: 3599 }) });
    expect(await caught(() => controller.submitTrusted(grantOf("long", hour), envelope))).toMatchObject({ code: "limit_exceeded", message: expect.stringContaining("longestLeaseSeconds: 3600 asked") });
    expect(await controller.submitTrusted(grantOf("short", { validTo: startMs / 1000 + 3599 }), envelope)).toMatchObject({ state: "accepted" });
  });

  test("hold for grants that come in at the same moment", async () => {
    await using controller = await startedOn(stillPlatform(), { limits: limitsOf({ concurrentGrants: 3 }) });
    const answers = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => controller.submitTrusted(grantOf(`grant-${i}`), envelope)));
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
  });
});

describe("a limit", () => {
  test("is free again once the grant is over and nothing of it is left, not before", async () => {
    const platform = stillPlatform();
    platform.inject({ call: "destroy", takesSeconds: 100 });
    await using controller = await startedOn(platform, { limits: { default: { concurrentGrants: 1 } } });
    const { requestKey } = await controller.submitTrusted(grantOf("first"), envelope);
    await controller.waitFor(requestKey, "running");
    await controller.cancel(requestKey);
    await controller.waitFor(requestKey, "settled");
    expect(await caught(() => controller.submitTrusted(grantOf("second"), envelope))).toMatchObject({ code: "limit_exceeded" });
    await soon(async () => {
      await platform.advance(10);
      expect((await controller.overview()).openAttempts).toBe(0);
    });
    expect(await controller.submitTrusted(grantOf("second"), envelope)).toMatchObject({ state: "accepted" });
  });

  test("of core-seconds a day gives back what a lease did not use, and all of it after a day", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform, { limits: { default: { coreSecondsPerDay: 3700 } } });
    const { requestKey } = await controller.submitTrusted(grantOf("first", hour), envelope);
    await controller.waitFor(requestKey, "running");
    await platform.advance(200);
    await controller.cancel(requestKey);
    await controller.waitFor(requestKey, "settled");
    const later = (seconds: number) => ({ validTo: platform.now() / 1000 + seconds });
    expect(await caught(() => controller.submitTrusted(grantOf("too much", later(3600)), envelope))).toMatchObject({ code: "limit_exceeded" });
    expect(await controller.submitTrusted(grantOf("fits", later(3400)), envelope)).toMatchObject({ state: "accepted" });
    await platform.advance(86_400);
    expect(await controller.submitTrusted(grantOf("tomorrow", later(3600)), envelope)).toMatchObject({ state: "accepted" });
  });

  test("does not concern the same submission again", async () => {
    await using controller = await startedOn(stillPlatform(), { limits: { default: { concurrentGrants: 1 } } });
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    expect(await controller.submitTrusted(grantOf(), envelope)).toMatchObject({ requestKey });
  });

  test("of nobody in particular is small: ten grants at once", async () => {
    await using controller = await startedOn(stillPlatform());
    const answers = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => controller.submitTrusted(grantOf(`grant-${i}`), envelope)));
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  });
});

test("wrong limits, settings and backends are all told at once, before anything is opened", async () => {
  const error = await caught(() => controllerOn(stillPlatform(), { limits: { default: { ramMib: -1 }, issuers: { a: { grants: 1 } as object } }, settings: { stopSeconds: 0, sweep: 1 } as object }));
  expect(error).toMatchObject({ code: "invalid_option" });
  for (const path of ["limits.default.ramMib", 'limits.issuers["a"].grants', "settings.stopSeconds", "settings.sweep"]) expect(error.message).toContain(path);
  expect(await caught(() => Controller.open({ owner: "owner", providerId: "p", masterSecret: "x".repeat(32), backends: [], ledger: { file: ":memory:" } }))).toMatchObject({ code: "no_backends" });
  expect(await caught(() => controllerOn(stillPlatform(), { backends: [memory(), memory()] }))).toMatchObject({ code: "invalid_option", message: expect.stringContaining("is taken") });
});
