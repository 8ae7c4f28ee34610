import { expect, test } from "vitest";
import { firstExample } from "../src/readme-example.ts";

const readme = "# x\n```sh\nnpm install x\n```\n```ts\nconst a = 1;\n```\n```ts\nconst b = 2;\n```\n";

test("an example is the first block of its language, whatever stands before it", () => {
  expect(firstExample(readme, "ts")).toBe("const a = 1;\n");
  expect(firstExample(readme, "sh")).toBe("npm install x\n");
});

test("a README without a block of the language has no example", () => {
  expect(firstExample("```json\n{}\n```\n", "ts")).toBeUndefined();
});
