import { describe, expect, it } from "vitest";
import { BridgeError, isBridgeError, toBridgeError } from "../../src/index.ts";
import { refFields } from "../fixtures/grants.ts";

describe("a BridgeError", () => {
  it("is an Error with a stack and the code's retryability, unless told otherwise", () => {
    const error = new BridgeError("no_capacity", "full");
    expect(error).toBeInstanceOf(Error);
    expect(error.stack).toContain("BridgeError: full");
    expect([error.retryable, new BridgeError("forbidden", "no").retryable, new BridgeError("forbidden", "not yet", { retryable: true }).retryable]).toEqual([true, false, true]);
    expect("outcome" in error).toBe(false);
  });

  it("shows control characters instead of sending them to a terminal", () => {
    expect(new BridgeError("internal", "a\u001b[31mb\u0000\u009bc\nd").message).toBe("a\\u001b[31mb\\u0000\\u009bc\nd");
  });

  it("becomes JSON with its message and details, without stack and cause", () => {
    const error = new BridgeError("timeout", "late", { backend: "a", outcome: "unknown", ref: refFields, cause: new Error("CAUSE") });
    expect(JSON.parse(JSON.stringify(error))).toEqual({ name: "BridgeError", code: "timeout", message: "late", retryable: true, backend: "a", outcome: "unknown", ref: refFields });
  });
});

describe("recognising a BridgeError", () => {
  it("goes by its mark, not by its class, name or code", () => {
    const lookalike = Object.assign(new Error("x"), { name: "BridgeError", code: "timeout" });
    expect([new BridgeError("timeout", "x"), lookalike, undefined, null, "x", { code: "timeout" }].map(isBridgeError)).toEqual([true, false, false, false, false, false]);
  });
});

describe("making a BridgeError of anything", () => {
  it("keeps what it is when it is one with nothing missing", () => {
    const error = new BridgeError("timeout", "late", { backend: "a" });
    expect(toBridgeError(error, { backend: "b" })).toBe(error);
  });

  it("fills in only what is missing, and keeps code, message, cause and stack", () => {
    const cause = new Error("cause");
    const error = new BridgeError("timeout", "late", { backend: "a", retryAfterSeconds: 3, cause });
    const filled = toBridgeError(error, { backend: "b", operation: "provision", outcome: "none" });
    expect(filled).toMatchObject({ code: "timeout", message: "late", backend: "a", operation: "provision", outcome: "none", retryAfterSeconds: 3, retryable: true });
    expect([filled.cause, filled.stack]).toEqual([cause, error.stack]);
  });

  it.each([[new TypeError("a bug"), "a bug"], ["thrown text", "thrown text"], [undefined, "undefined"], [["odd"], "odd"]])("is internal with the thing as cause (%o)", (thing, message) => {
    const error = toBridgeError(thing, { backend: "a" });
    expect(error).toMatchObject({ code: "internal", message, backend: "a", retryable: false });
    expect(error.cause).toBe(thing);
  });
});
