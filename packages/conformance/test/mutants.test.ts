import { describe, expect, test } from "vitest";
import { allMutants } from "../mutants/all-mutants.ts";
import { ownCase, tryMutant } from "../mutants/try-mutant.ts";
import { allCases } from "../src/index.ts";

describe("a backend that", () => {
  for (const mutant of allMutants) {
    test(`${mutant.name} fails "${mutant.caughtBy}"`, { timeout: 60_000 }, async () => {
      expect(await tryMutant(mutant)).toMatchObject({ status: "failed" });
      expect(ownCase(mutant).rule === mutant.rule || mutant.rule === 5 || mutant.rule === 6 || mutant.rule === 8).toBe(true);
    });
  }
});

test("every rule has a mutant", () => {
  const rules = new Set(allCases.map(({ rule }) => rule));
  for (const { rule } of allMutants) rules.delete(rule);
  expect([...rules]).toEqual([]);
});

test("no case or mutant has another's name", () => {
  for (const names of [allCases.map(({ name }) => name), allMutants.map(({ name }) => name)]) expect(new Set(names).size).toBe(names.length);
});
