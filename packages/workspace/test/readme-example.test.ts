import { expect, test } from "vitest";
import { firstExample } from "../src/readme-example.ts";

test("the example is the first block of TypeScript, whatever stands before it", () => {
  expect(firstExample("# x\n```sh\nnpm install x\n```\n```ts\nconst a = 1;\n```\n```ts\nconst b = 2;\n```\n")).toEqual({ language: "ts", code: "const a = 1;\n" });
});

test("a README without TypeScript shows its commands", () => {
  expect(firstExample("```sh\nbridge demo\n```\n")).toEqual({ language: "sh", code: "bridge demo\n" });
});

test("a README without an example is an error", () => {
  expect(() => firstExample("```json\n{}\n```\n")).toThrow(/no example/);
});
