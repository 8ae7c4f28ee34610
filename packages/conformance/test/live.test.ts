import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { LiveRun, ownerOf } from "./fixtures/live-run.ts";

const moduleOf = (name: string) => fileURLToPath(new URL(`./fixtures/modules/${name}.ts`, import.meta.url));
/** A case whose machine lives for seconds. */
const longCase = ["--live", "--only", "twenty watches of one machine"];

describe.concurrent("a live run", { timeout: 180_000 }, () => {
  test("names its owner, its limits and the way to what it would leave before it makes anything", async (context) => {
    const live = new LiveRun(context);
    const ended = await live.run("--live", "--only", "list names its scopes");
    const [first, second] = ended.out.split("\n");
    expect(first).toMatch(/^live: at most 2 machines at once, 20 minutes; owner conformance-[0-9a-f]{10}$/);
    expect(second).toContain(`--leftovers ${ownerOf(ended)}`);
    expect(ended.code).toBe(0);
  });

  test.for(["SIGINT", "SIGTERM", "SIGHUP"] as const)("that %s interrupts terminates what it made, counts the rest as not observed and ends with 130", async (signal, context) => {
    const live = new LiveRun(context);
    const { code, out } = await live.disturb(["--live", "--only", "twenty watches", "rule 7"], (child) => void child.kill(signal));
    expect(out).toMatch(/not observed rule 7 .*\n +the run was ended before this case was|local: 0 passed/);
    expect(out).toMatch(new RegExp(`ended early: interrupted by ${signal}\nleak audit: nothing is left`));
    expect(code).toBe(130);
    expect(live.alive()).toEqual([]);
  });

  test("that is interrupted while a second process makes a machine ends that one, too", async (context) => {
    const live = new LiveRun(context);
    const { code, out } = await live.disturb(["--live", "--only", "two processes that provision"], (child) => void child.kill("SIGTERM"));
    expect(out).toContain("leak audit: nothing is left");
    expect(code).toBe(130);
    expect(live.alive()).toEqual([]);
  });

  test("whose reader goes away terminates what it made", async (context) => {
    const live = new LiveRun(context);
    const { code } = await live.disturb(["--live", "--only", "rule 8"], (child) => void child.stdout?.destroy());
    expect(code).toBe(130);
    expect(live.alive()).toEqual([]);
  });

  test("whose plugin throws where nobody can catch it terminates what it made, says so, and ends with 1", async (context) => {
    const live = new LiveRun(context, moduleOf("crashing-local"));
    const { code, out, err } = await live.run(...longCase);
    expect(err).toMatch(/an error that nobody caught.*loose end/);
    expect(out).toContain("leak audit: nothing is left");
    expect(code).toBe(1);
    expect(live.alive()).toEqual([]);
  });

  test("that runs out of time says how much it has not seen, and ends with 1", async (context) => {
    const live = new LiveRun(context);
    const { code, out } = await live.run("--live", "--only", "rule 8", "--max-minutes", "0.04");
    expect(out).toMatch(/[1-9]\d* not observed; [\d.]+ s\nended early: its time was over\nleak audit: nothing is left/);
    expect(code).toBe(1);
  });
});

describe.concurrent("what a live run leaves", { timeout: 180_000 }, () => {
  test("is named, and no further case makes more of it", async (context) => {
    const live = new LiveRun(context, moduleOf("leaky-local"));
    const leaked = await live.run("--live");
    expect(leaked.out).toMatch(/ended early: something leaked, and more would cost more\nleak audit: LEFT of owner conformance-[0-9a-f]{10}:\n {2}machine [a-z2-7]{26}-1 in local-\S+ \(running, its lease ends 20/);
    expect(leaked.code).toBe(1);
    expect(live.alive()).toHaveLength(1);
  });

  test("by kill -9 is found by the owner that it printed, lives no longer than the run would have, and can be ended", async (context) => {
    const startedAtMs = Date.now();
    const live = new LiveRun(context);
    const killed = await live.disturb([...longCase, "--max-minutes", "1"], (child) => void child.kill("SIGKILL"));
    expect(live.alive()).toHaveLength(1);
    const owner = ownerOf(killed);

    const seen = await live.run("--leftovers", owner);
    expect(seen.out).toMatch(new RegExp(`^leak audit: LEFT of owner ${owner}:\n {2}machine .*\\n$`));
    expect(seen.code).toBe(1);
    const leaseEndsMs = Date.parse(/its lease ends (\S+)\)/.exec(seen.out)?.[1] ?? "");
    expect(leaseEndsMs - startedAtMs).toBeLessThan(4 * 60_000);

    expect(await live.run("--end-leftovers", owner)).toMatchObject({ code: 0, out: `leak audit: nothing is left of owner ${owner}\n` });
    expect(live.alive()).toEqual([]);
    expect((await live.run("--leftovers", owner)).code).toBe(0);
  });

  test("is looked for only under an owner that a run of the kit can have had", async (context) => {
    const live = new LiveRun(context);
    expect(await live.run("--end-leftovers", "production")).toMatchObject({ code: 2, err: expect.stringContaining("production is not the owner of a run") });
  });
});
