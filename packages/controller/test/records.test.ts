import { hashJson } from "@bridge/core";
import { describe, expect, test } from "vitest";
import { computeLogType, receiptType } from "../src/index.ts";
import { requester, verified } from "./fixtures/open-receipt.ts";
import { envelope, grantOf, keptEvents, keptLog, masterSecret, startedOn, stillPlatform } from "./fixtures/setting.ts";

describe("a receipt", () => {
  test("is signed with the key on the provider's card", async () => {
    await using controller = await startedOn(stillPlatform());
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    const { receipt = "" } = await controller.waitFor(requestKey, "running");
    expect(await verified(receipt, masterSecret, receiptType)).toMatchObject({ version: 1, requestKey, attempt: 1, host: "memory.invalid", port: 22, validTo: grantOf().validTo, hostKeyProvenance: "injected" });
    await expect(verified(receipt, masterSecret, computeLogType)).rejects.toThrow("signed as");
    await expect(verified(receipt, `${masterSecret} another`, receiptType)).rejects.toThrow("signature verification failed");
  });

  test("is sealed to the requester's key: only they open it, and only for this grant and attempt", async () => {
    const [mine, another] = [await requester(), await requester()];
    await using controller = await startedOn(stillPlatform());
    const { requestKey } = await controller.submitTrusted(grantOf(), { ...envelope, requesterKey: mine.requesterKey });
    const { receipt = "" } = await controller.waitFor(requestKey, "running");
    expect(await verified(await mine.open(receipt, grantOf(), 1), masterSecret, receiptType)).toMatchObject({ requestKey });
    await expect(another.open(receipt, grantOf(), 1)).rejects.toThrow();
    await expect(mine.open(receipt, grantOf("another"), 1)).rejects.toThrow();
    await expect(mine.open(receipt, grantOf(), 2)).rejects.toThrow();
  });

  test("brings the private key that Bridge made, and nothing else does", async () => {
    const { requesterKey, open } = await requester();
    const { log, lines } = keptLog();
    await using controller = await startedOn(stillPlatform(), { log });
    const events = keptEvents(controller);
    const { requestKey } = await controller.submitTrusted(grantOf(), { requesterKey });
    const status = await controller.waitFor(requestKey, "running");
    const opened = await verified(await open(status.receipt ?? "", grantOf(), 1), masterSecret, receiptType);
    expect(opened).toMatchObject({ keyPrivate: expect.stringMatching(/^-----BEGIN OPENSSH PRIVATE KEY-----/) });
    expect(JSON.stringify([status, events, lines, await controller.overview()])).not.toContain("PRIVATE KEY");
  });

  test("holds no private key when the requester brought theirs", async () => {
    const { requesterKey, open } = await requester();
    await using controller = await startedOn(stillPlatform());
    const { requestKey } = await controller.submitTrusted(grantOf(), { ...envelope, requesterKey });
    const { receipt = "" } = await controller.waitFor(requestKey, "running");
    expect(await verified(await open(receipt, grantOf(), 1), masterSecret, receiptType)).not.toHaveProperty("keyPrivate");
  });

  test("is refused where Bridge would have to send a private key unsealed", async () => {
    await using controller = await startedOn(stillPlatform());
    await expect(controller.submitTrusted(grantOf(), { command: ["true"] })).rejects.toMatchObject({ code: "invalid_grant" });
  });
});

describe("a log", () => {
  test("says what was used, signed with the key on the provider's card", async () => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform);
    const { requestKey, acceptedAtMs } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    await platform.advance(10);
    platform.exit(requestKey, 3);
    const { log = "" } = await controller.waitFor(requestKey, "settled");
    expect(await verified(log, masterSecret, computeLogType)).toEqual({
      version: 1, requestKey, requestId: "request-1", issuer: "issuer", providerId: "provider", grantHash: hashJson(grantOf()), acceptedAtMs, endedAtMs: platform.now(),
      run: expect.objectContaining({ backend: "memory", attempt: 1, exit: { reason: "exited", code: 3, source: "measured" } }),
    });
  });

  test("of a grant that never ran says why, and claims no usage", async () => {
    await using controller = await startedOn(stillPlatform());
    const { requestKey } = await controller.submitTrusted(grantOf("far", { manifest: { regions: ["mars"] } }), envelope);
    const { log = "" } = await controller.waitFor(requestKey, "settled");
    const record = await verified(log, masterSecret, computeLogType);
    expect(record).toMatchObject({ failure: { code: "no_backend_can_satisfy" } });
    expect(record).not.toHaveProperty("run");
  });
});
