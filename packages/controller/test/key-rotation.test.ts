import { describe, expect, test } from "vitest";
import { computeLogType, openLedger, receiptType } from "../src/index.ts";
import { caught } from "./fixtures/caught.ts";
import { testFolder } from "./fixtures/folder.ts";
import { verified } from "./fixtures/open-receipt.ts";
import { envelope, grantOf, masterSecret, startedOn, stillPlatform } from "./fixtures/setting.ts";

const next = "the second master secret of the tests, as long as the first";
const rotated = { masterSecret: next, keyVersion: 2, retiredSecrets: { 1: masterSecret } };

describe("after a change of the master secret", () => {
  test("what began under the old one goes on, what comes begins under the new one", async () => {
    const platform = stillPlatform();
    using folder = testFolder();
    const first = await startedOn(platform, { ledger: { file: folder.ledger } });
    const { requestKey: old } = await first.submitTrusted(grantOf("old"), envelope);
    const { receipt = "" } = await first.waitFor(old, "running");
    await first.stop();
    await using second = await startedOn(platform, { ledger: { file: folder.ledger }, ...rotated });
    expect(await second.submitTrusted(grantOf("old"), envelope)).toMatchObject({ requestKey: old, state: "running" });
    const { requestKey: young } = await second.submitTrusted(grantOf("young"), envelope);
    const { receipt: youngReceipt = "" } = await second.waitFor(young, "running");
    platform.exit(old, 0);
    const { log = "" } = await second.waitFor(old, "settled");
    await expect(verified(receipt, masterSecret, receiptType)).resolves.toMatchObject({ requestKey: old });
    await expect(verified(youngReceipt, next, receiptType)).resolves.toMatchObject({ requestKey: young });
    await expect(verified(log, next, computeLogType)).resolves.toMatchObject({ requestKey: old });
  });

  test("an attempt in the middle is made under the old one: the replay finds its machine", async () => {
    const platform = stillPlatform();
    using folder = testFolder();
    const ledger = await openLedger({ file: folder.ledger, owner: "owner", masterSecret });
    const never = new Promise<void>(() => {});
    const first = await startedOn(platform, { ledger, settings: { stopSeconds: 0.001 }, probe: ({ kind, moment }) => (kind === "created" && moment === "before" ? never : undefined) });
    const { requestKey } = await first.submitTrusted(grantOf(), envelope);
    await expect.poll(() => platform.machines().length).toBe(1);
    const stopped = first.stop();
    await platform.advance(1);
    await stopped;
    await ledger.close();
    await using second = await startedOn(platform, { ledger: { file: folder.ledger }, ...rotated });
    expect(await second.waitFor(requestKey, "running")).toMatchObject({ state: "running", attempts: [{ attempt: 1 }] });
    expect(platform.books(requestKey, 1)).toEqual({ createRequests: 1, machines: 1, starts: 1 });
  });

  test("a ledger with open attempts is refused without the old one, naming its version", async () => {
    const platform = stillPlatform();
    using folder = testFolder();
    const first = await startedOn(platform, { ledger: { file: folder.ledger } });
    const { requestKey } = await first.submitTrusted(grantOf(), envelope);
    await first.waitFor(requestKey, "running");
    await first.stop();
    expect(await caught(() => startedOn(platform, { ledger: { file: folder.ledger }, masterSecret: next, keyVersion: 2 }))).toMatchObject({ code: "ledger_conflict", message: expect.stringContaining("key version 1") });
  });

  test("so is one with a grant that waits for its first attempt: its envelope is locked under the old one", async () => {
    const platform = stillPlatform();
    platform.inject({ call: "capabilities", refuse: "unavailable", times: Infinity });
    using folder = testFolder();
    const first = await startedOn(platform, { ledger: { file: folder.ledger } });
    const { requestKey } = await first.submitTrusted(grantOf(), envelope);
    await first.stop();
    expect(await caught(() => startedOn(platform, { ledger: { file: folder.ledger }, masterSecret: next, keyVersion: 2 }))).toMatchObject({ code: "ledger_conflict", message: expect.stringContaining("key version 1") });
    platform.heal();
    await using second = await startedOn(platform, { ledger: { file: folder.ledger }, ...rotated });
    expect(await second.waitFor(requestKey, "running")).toMatchObject({ state: "running" });
  });

  test("the old one is not needed once nothing is open", async () => {
    const platform = stillPlatform();
    using folder = testFolder();
    const first = await startedOn(platform, { ledger: { file: folder.ledger } });
    const { requestKey } = await first.submitTrusted(grantOf(), envelope);
    await first.waitFor(requestKey, "running");
    platform.exit(requestKey, 0);
    await first.waitFor(requestKey, "settled");
    await expect.poll(async () => (await first.overview()).openAttempts).toBe(0);
    await first.stop();
    await using second = await startedOn(platform, { ledger: { file: folder.ledger }, masterSecret: next, keyVersion: 2 });
    expect(await second.status(requestKey)).toMatchObject({ state: "settled" });
    expect(await caught(() => second.submitTrusted(grantOf(), envelope))).toMatchObject({ code: "invalid_option", message: expect.stringContaining("retiredSecrets[1]") });
  });
});
