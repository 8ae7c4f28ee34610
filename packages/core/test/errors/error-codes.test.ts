import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { errorCodes } from "../../src/index.ts";

const page = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");
const rows = page.split("\n").filter((line) => line.startsWith("| `")).map((line) => line.slice(2, -2).split(" | "));

describe("docs/errors.md", () => {
  it("is the table of error codes, in both directions and in its order", () => {
    const table = Object.entries(errorCodes).map(([code, { httpStatus, retryable, meaning, whatToDo }]) => [`\`${code}\``, String(httpStatus), retryable ? "yes" : "no", meaning, whatToDo]);
    expect(rows).toEqual(table);
  });
});

describe("the table of error codes", () => {
  it.each(Object.entries(errorCodes))("%s says what it means and what to do, in whole sentences", (code, { httpStatus, meaning, whatToDo }) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(httpStatus).toBeGreaterThanOrEqual(400);
    expect(httpStatus).toBeLessThan(600);
    for (const sentence of [meaning, whatToDo]) expect(sentence).toMatch(/^[A-Z`].*[^|\n]\.$/);
  });
});
