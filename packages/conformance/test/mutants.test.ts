import { afterAll, describe, expect, test } from "vitest";
import { allMutants } from "../mutants/all-mutants.ts";
import { mutantSubject } from "../mutants/mutant.ts";
import { allCases } from "../src/index.ts";
import { runCase } from "../src/run-case.ts";

/** Which other cases fail, too, is only for the reader; all of them are tried where all tests run. */
const tryAll = process.env["BRIDGE_TEST_ALL"] === "1";
const rows: string[] = [];

describe("a backend that", () => {
  for (const mutant of allMutants) {
    test(`${mutant.name} fails "${mutant.caughtBy}"`, { timeout: 300_000 }, async () => {
      const own = allCases.find(({ name }) => name === mutant.caughtBy);
      if (own === undefined) throw new Error(`there is no case "${mutant.caughtBy}"`);
      const result = await runCase(own, mutantSubject(mutant), { timeoutSeconds: 10 });
      const others = (mutant.base === "kit" || !tryAll ? [] : allCases).filter((each) => each !== own);
      const alsoFailed: string[] = [];
      for (const other of others) if ((await runCase(other, mutantSubject(mutant), { timeoutSeconds: 10 })).status === "failed") alsoFailed.push(other.name);
      const also = others.length === 0 ? "" : `; ${alsoFailed.length} others${alsoFailed.length === 0 ? "" : `: ${alsoFailed.join(" | ")}`}`;
      rows.push(`rule ${String(mutant.rule).padEnd(12)} ${mutant.name}\n  ${result.status === "failed" ? "caught" : `MISSED (${result.status})`} by "${own.name}"${also}\n  ${result.message?.split("\n")[0] ?? ""}`);
      expect(result).toMatchObject({ status: "failed" });
      expect(own.rule === mutant.rule || mutant.rule === 5 || mutant.rule === 6 || mutant.rule === 8).toBe(true);
    });
  }
  afterAll(() => {
    console.log(`${rows.join("\n")}\n${rows.length} mutants; ${rows.filter((row) => row.includes("MISSED")).length} missed`);
  });
});

test("every rule has a mutant", () => {
  const rules = new Set(allCases.map(({ rule }) => rule));
  for (const { rule } of allMutants) rules.delete(rule);
  expect([...rules]).toEqual([]);
});

test("no case or mutant has another's name", () => {
  for (const names of [allCases.map(({ name }) => name), allMutants.map(({ name }) => name)]) expect(new Set(names).size).toBe(names.length);
});
