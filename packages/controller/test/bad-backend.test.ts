import type { Backend } from "@bridge/core";
import { memory } from "@bridge/core/memory";
import { describe, expect, test, vi } from "vitest";
import { envelope, grantOf, keptEvents, keptLog, startedOn, stillPlatform } from "./fixtures/setting.ts";
import { hangs, instanceFor, type Script, scripted } from "./fixtures/scripted-backend.ts";
import { soon } from "./fixtures/soon.ts";

/** Lets the platform's time pass until something is so. */
const passing = (platform: ReturnType<typeof stillPlatform>, seconds: number, check: () => Promise<void> | void): Promise<void> => vi.waitFor(async () => {
  await platform.advance(seconds);
  await check();
}, { timeout: 10_000, interval: 2 });

const throwsAtOnce = (): never => {
  throw new TypeError("cannot read properties of undefined");
};
const answers = (answer: unknown) => async () => answer;

/** A backend that goes wrong in one member. */
type Fault = readonly [what: string, script: Script];

describe("a backend whose provision", () => {
  const faults: readonly Fault[] = [
    ["never answers", { provision: hangs }], ["throws at once", { provision: throwsAtOnce }], ["answers with nothing", { provision: answers(undefined) }],
    ["answers with a text", { provision: answers("done") }],
    ["answers with another attempt's instance", { provision: async (grant, _envelope, context) => ({ ...instanceFor("a", grant, context), attempt: 9 }) }],
    ["answers with half an instance", { provision: async (grant, _envelope, context) => ({ ...instanceFor("a", grant, context), publicHost: undefined }) }],
    ["answers with a port that there is not", { provision: async (grant, _envelope, context) => ({ ...instanceFor("a", grant, context), sshPort: 70_000 }) }],
  ];
  test.each(faults)("%s has its attempt closed, and the next serves", async (_what, script) => {
    const platform = stillPlatform();
    const calls: string[] = [];
    await using controller = await startedOn(platform, { backends: [scripted("a", script, calls), memory({}, { platform })] });
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await passing(platform, 20, async () => expect((await controller.status(requestKey)).attempts).toMatchObject([{ backend: "a", state: "closed" }, { backend: "memory", state: "running" }]));
    expect(calls).toContain("terminate");
  });
});

describe("a backend whose watch", () => {
  test.each<Fault>([
    ["never answers", { watchUntilExit: hangs }], ["throws at once", { watchUntilExit: throwsAtOnce }],
    ["answers with nothing", { watchUntilExit: answers(undefined) }], ["answers with no usage", { watchUntilExit: answers({ exit: { reason: "exited", code: 0 } }) }],
    ["answers with negative usage", { watchUntilExit: answers({ wallSeconds: { value: -1, source: "measured" }, exit: { reason: "exited" } }) }],
  ])("%s does not end the grant; its deadline does, with usage unknown", async (_what, script) => {
    const platform = stillPlatform();
    const calls: string[] = [];
    await using controller = await startedOn(platform, { backends: [scripted("a", script, calls)] });
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    await platform.advance(1800);
    expect(await controller.status(requestKey)).toMatchObject({ state: "running" });
    await platform.advance(1790);
    await passing(platform, 10, async () => expect(await controller.status(requestKey)).toMatchObject({
      state: "settled", attempts: [{ state: "closed" }], result: { usage: { wallSeconds: { source: "unknown" }, exit: { reason: "deadline" } } },
    }));
    expect(calls.filter((call) => call === "watchUntilExit").length).toBeLessThan(300);
  });

  test("reports readings that are none keeps the last good one", async () => {
    const platform = stillPlatform();
    const { log, lines } = keptLog();
    const unknown = { source: "unknown" } as const;
    const usual = { cpuCoreSeconds: unknown, ramMibSeconds: unknown, networkRxBytes: unknown, networkTxBytes: unknown };
    const watchUntilExit: Script["watchUntilExit"] = (_instance, _validTo, options) => {
      options?.onUsage?.({ wallSeconds: { value: 5, source: "measured" }, ...usual });
      for (const wrong of [undefined, "much", { wallSeconds: { value: Number.NaN, source: "measured" }, ...usual }]) options?.onUsage?.(wrong as never); // wrong on purpose
      return hangs();
    };
    await using controller = await startedOn(platform, { backends: [scripted("a", { watchUntilExit })], log });
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    await controller.cancel(requestKey);
    await passing(platform, 10, async () => expect((await controller.status(requestKey)).result).toMatchObject({ usage: { wallSeconds: { value: 5 }, exit: { reason: "terminated" } } }));
    expect(lines.filter(({ message }) => message === "a backend reported usage that is none").length).toBeGreaterThanOrEqual(3);
  });
});

describe("a backend whose terminate", () => {
  test.each<Fault>([["never answers", { terminate: hangs }], ["throws at once", { terminate: throwsAtOnce }]])("%s is tried again and again, and its age is told; the grant settles all the same", async (_what, script) => {
    const platform = stillPlatform();
    const { log, lines } = keptLog();
    await using controller = await startedOn(platform, { backends: [scripted("a", script)], log });
    const events = keptEvents(controller);
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    await controller.waitFor(requestKey, "running");
    await controller.cancel(requestKey);
    await controller.waitFor(requestKey, "settled");
    await passing(platform, 300, () => expect(lines.some(({ level, message }) => level === "error" && message.includes("could not be ended"))).toBe(true));
    expect(events.findLast(({ type }) => type === "closing_failed")).toMatchObject({ backend: "a", attempt: 1, ageSeconds: expect.any(Number), retryInSeconds: expect.any(Number) });
    expect((await controller.status(requestKey)).attempts).toMatchObject([{ state: "closing", closingSinceMs: expect.any(Number) }]);
    expect((await controller.overview()).openAttempts).toBe(1);
  });
});

describe("a backend whose list", () => {
  test.each<Fault>([["never answers", { list: hangs }], ["throws at once", { list: throwsAtOnce }], ["answers with nothing", { list: answers(undefined) }], ["answers with a text", { list: answers("none") }]])("%s is told of, and the machines of others are still looked after", async (_what, script) => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform, { backends: [memory({}, { platform }), scripted("a", script)] });
    const events = keptEvents(controller);
    await soon(() => expect(platform.calls.map(({ call }) => call)).toContain("list"));
    await passing(platform, 200, () => expect(events).toContainEqual(expect.objectContaining({ type: "scope_frozen", scope: "a" })));
    const { requestKey } = await controller.submitTrusted(grantOf("one", { validTo: platform.now() / 1000 + 600 }), envelope);
    expect(await controller.waitFor(requestKey, "running")).toMatchObject({ attempts: [{ backend: "memory" }] });
  });
});

describe("a backend that can say nothing of itself", () => {
  const members: readonly (keyof Backend)[] = ["capabilities", "canSatisfy", "placements"];
  test.each(members.flatMap((member): readonly Fault[] => [
    [`${member} throws at once`, { [member]: throwsAtOnce }], [`${member} answers with nothing`, { [member]: () => undefined }],
  ]))("as %s is passed over", async (_what, script) => {
    const platform = stillPlatform();
    await using controller = await startedOn(platform, { backends: [scripted("a", script), memory({}, { platform })] });
    const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
    expect(await controller.waitFor(requestKey, "running")).toMatchObject({ attempts: [{ attempt: 1, backend: "memory" }] });
  });
});
