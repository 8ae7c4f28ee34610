import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { renderUserData } from "@bridge/backend-kit";
import { generateSshKeyPair } from "@bridge/core/keys";
import { AcmeApi } from "../template/src/api.ts";
import { mapError } from "../template/src/errors.ts";
import { TestPlatform } from "../template/test-platform/server.ts";

const folder = new URL("../template/test-platform/", import.meta.url);

describe("the test platform of a generated backend", () => {
  let platform: TestPlatform;
  beforeEach(async () => {
    platform = new TestPlatform();
    await platform.listen();
  });
  afterEach(() => platform.close());

  test("imports nothing of the backend that it tests", () => {
    for (const file of readdirSync(folder)) expect(readFileSync(new URL(file, folder), "utf8"), file).not.toMatch(/from "\.\.\/src/);
  });

  test("has guests that power themselves off 5 minutes after the deadline, by its clock, and stay listed", async () => {
    const keys = generateSshKeyPair();
    const input = { hostKey: keys, controlPublicKey: keys.publicKey, deadlineMs: Date.now() + 600_000, requestKey: "a".repeat(26), attempt: 1 };
    const userData = new TextDecoder().decode(renderUserData(input, { maxBytes: 32_768 }));
    const api = new AcmeApi(platform);
    await api.createMachine({ name: "m", region: "north", size: "small", labels: { a: "b" }, userData, deleteAtMs: Date.now() + 86_400_000 }, {});
    const statuses = async () => (await api.machines("a=b", {})).map(({ status }) => status);
    await expect.poll(statuses).toEqual(["running"]);
    platform.advance(600 + 295);
    expect(await statuses()).toEqual(["running"]);
    platform.advance(10);
    expect(await statuses()).toEqual(["off"]);
  });
});

test.each([200, 502])("an answer with %i that is no JSON is an error of a generated backend that does not show it, and says nothing of an outcome", async (status) => {
  const original = globalThis.fetch;
  globalThis.fetch = async () => new Response("secret <html>", { status });
  try {
    const error = await new AcmeApi({ endpoint: "http://nowhere.example", token: "t" }).account({}).then(() => undefined, (cause: unknown) => cause);
    expect(String(error)).not.toContain("secret");
    expect(mapError(error)).toEqual({ code: "unavailable" });
  } finally {
    globalThis.fetch = original;
  }
});
