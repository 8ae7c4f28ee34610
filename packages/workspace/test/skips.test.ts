import { expect, test } from "vitest";
import { objectionTo, readSkip } from "../src/vitest/skips.ts";

test("a skip's reason is its note, or the (needs …) in its name", () => {
  expect(readSkip("a > b", "needs script(1)").reason).toBe("needs script(1)");
  expect(readSkip("pty (needs script) > resizes", undefined).reason).toBe("needs script");
  expect(readSkip("a > b", undefined)).toEqual({ name: "a > b" });
});

test("a skip without a reason may never be", () => {
  expect(objectionTo({ name: "a" }, false)).toMatch(/no reason/);
  expect(objectionTo({ name: "a" }, true)).toMatch(/no reason/);
});

test("on CI only what a CI machine cannot have may be skipped", () => {
  expect(objectionTo({ name: "a", reason: "needs an OpenSSH client" }, false)).toBeUndefined();
  expect(objectionTo({ name: "a", reason: "needs an OpenSSH client" }, true)).toBe("CI can run it");
  expect(objectionTo({ name: "a", reason: "needs cloud credentials for EC2" }, true)).toBeUndefined();
});
