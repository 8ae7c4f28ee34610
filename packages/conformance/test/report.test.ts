import { describe, expect, test } from "vitest";
import { formatReport, junitXml, type Report, runConformance } from "../src/index.ts";
import { selectCases } from "../src/run-conformance.ts";
import { runLive } from "../src/run-live.ts";
import { createMemoryPlatform, memory } from "@bridge/core/memory";
import { memorySubject } from "./fixtures/memory-subject.ts";

const about = { rule: 6, why: "because" } as const;
const report: Report = {
  backend: "acme", differences: { ssh: "it has none" },
  results: [
    { case: { name: "works", ...about }, status: "passed", milliseconds: 12, notes: ["simulated"] },
    { case: { name: 'breaks & "burns"', ...about }, status: "failed", message: "1 < 2\u0007 ]]>\nleak: m-1", milliseconds: 5 },
    { case: { name: "is unlike", ...about }, status: "different", message: "ssh: it has none", milliseconds: 0 },
    { case: { name: "is unseen", ...about }, status: "not observed", message: "needs clock of the subject", milliseconds: 0 },
  ],
};

describe("a report", () => {
  test("never counts as passed what was not observed, and always names the differences", () => {
    expect(formatReport(report)).toContain("declared difference: ssh: it has none\nacme: 1 passed, 1 failed, 1 different, 1 not observed; 0.0 s");
  });

  test("says of a failure what happened and why it matters", () => {
    expect(formatReport(report)).toMatch(/failed +rule 6 +breaks & "burns" {2}\(5 ms\)\n +1 < 2[^\n]*\n +leak: m-1\n +why it matters: because/);
  });

  test("is well-formed as JUnit XML whatever the messages hold", () => {
    const xml = junitXml(report);
    expect(xml).toContain('tests="4" failures="1" skipped="2"');
    expect(xml).toContain('name="breaks &amp; &quot;burns&quot;"');
    expect(xml).toContain('<failure message="1 &lt; 2\ufffd ]]&gt;">1 &lt; 2\ufffd ]]&gt;&#10;leak: m-1</failure>');
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
  });
});

describe("runConformance", () => {
  test("gives a fresh subject to every case and disposes of each", async () => {
    let made = 0;
    let disposed = 0;
    const { results } = await runConformance(() => {
      made += 1;
      return { ...memorySubject(), dispose: async () => void (disposed += 1) };
    }, { only: "list" });
    expect(results.length).toBeGreaterThan(5);
    expect({ made, disposed }).toEqual({ made: results.length, disposed: results.length });
  });

  test("runs cases side by side, each once, and gives the results in the order of the cases", async () => {
    let disposed = 0;
    let most = 0;
    let now = 0;
    const finished: string[] = [];
    const { results } = await runConformance(async () => {
      most = Math.max(most, now += 1);
      await new Promise((resolve) => void setImmediate(resolve));
      return { ...memorySubject(), dispose: async () => void (disposed += 1, now -= 1) };
    }, { only: "list", concurrency: 3, onResult: (result) => void finished.push(result.case.name) });
    const names = results.map((result) => result.case.name);
    expect(names).toEqual(selectCases("list").map(({ name }) => name));
    expect(finished.toSorted()).toEqual(names.toSorted());
    expect({ most, disposed }).toEqual({ most: 3, disposed: names.length });
  });

  test("lets cases that have begun clean up when a subject cannot be made", async () => {
    const platform = memorySubject();
    let disposed = 0;
    let asked = 0;
    const run = runConformance(async () => {
      if ((asked += 1) > 2) throw new Error("no more platforms");
      return { ...platform, dispose: async () => void (disposed += 1) };
    }, { only: "rule 7", concurrency: 3 });
    await expect(run).rejects.toThrow("no more platforms");
    expect(disposed).toBe(2);
  });

  test("counts a case whose dispose throws as failed, also one that is not observed, and goes on", async () => {
    let disposed = 0;
    const { results } = await runConformance(() => {
      const { controls: _controls, ...subject } = memorySubject();
      return { ...subject, dispose: async () => {
        disposed += 1;
        throw new Error("an answer was not as described");
      } };
    }, { only: "rule 7" });
    expect(results.map(({ status }) => status)).toEqual(results.map(() => "failed"));
    expect(results.map(({ message }) => message)).toContain("the subject's dispose failed: an answer was not as described");
    expect(disposed).toBe(results.length);
  });

  test("looks for what a live run has left also when its subject's dispose throws, and says so", async () => {
    const { plugin, options } = memory({}, { platform: createMemoryPlatform() });
    const dispose = () => Promise.reject(new Error("the tunnel is gone"));
    const { results, left, complaints } = await runLive({ plugin, options, differences: { ssh: "none" }, dispose }, { only: "one provision makes one machine" });
    expect(results.map(({ status }) => status)).toEqual(["passed"]);
    expect({ left, complaints }).toEqual({ left: [], complaints: ["the subject's dispose failed: the tunnel is gone"] });
  });

  test("refuses a plugin of another contract, by name", async () => {
    const subject = memorySubject();
    // Another contract than the type allows; that is the point.
    const plugin = { ...subject.plugin, contract: 2 } as unknown as typeof subject.plugin;
    await expect(runConformance(() => ({ ...subject, plugin }))).rejects.toMatchObject({ code: "contract_mismatch", message: expect.stringContaining("contract 2") });
  });

  test("ends what a case has made when the case itself takes too long", async () => {
    const platform = createMemoryPlatform();
    const { results: [result] } = await runConformance(() => memory({}, { platform }), { only: "a workload that exits with 7", timeoutSeconds: 0.5 });
    expect(platform.machines()).toEqual([]);
    expect(platform.calls.some(({ call }) => call === "create")).toBe(true);
    expect(result).toMatchObject({ status: "failed", message: "the case took more than 0.5 s" });
  });
});
