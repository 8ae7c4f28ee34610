import { expect, test } from "vitest";
import { type Backend, BridgeError, type Finding, type Listing } from "../../src/index.ts";
import { createMemoryPlatform, memory } from "../../src/memory/index.ts";
import { fleetOf } from "../fixtures/fleets.ts";
import { startMs } from "../fixtures/grants.ts";
import { roomy, scripted } from "../fixtures/scripted-backend.ts";

const findingsOf = async (script: Partial<Backend>): Promise<readonly Finding[]> => (await fleetOf([scripted("a", script)]).diagnose())[0]?.findings ?? [];

test("of a platform that is well, everything is fine, and nothing is made", async () => {
  const platform = createMemoryPlatform({ startMs });
  expect(await fleetOf([memory({}, { platform })]).diagnose()).toEqual([{ backend: "memory", findings: [
    { subject: "what is on offer", verdict: "fine", message: "up to 64000 millicores and 262144 MiB in memory" },
    { subject: `listing of ${platform.scope}`, verdict: "fine", message: "complete" },
    expect.objectContaining({ verdict: "fine" }),
  ] }]);
  expect(platform.calls.map(({ call }) => call).sort()).toEqual(["capabilities", "list"]);
});

test("a backend without a diagnosis of its own is judged by its offer and its list", async () => {
  expect((await findingsOf({})).map(({ subject, verdict }) => [subject, verdict])).toEqual([["what is on offer", "fine"], ["listing of a", "fine"]]);
});

test.each([
  ["no region", { ...roomy, regions: [] }], ["no core", { ...roomy, maxCpuMillicores: 0 }], ["no memory", { ...roomy, maxRamMib: 0 }],
])("a backend that offers %s fails, and options are the way to mend it", async (_what, offer) => {
  expect(await findingsOf({ capabilities: async () => offer })).toContainEqual(expect.objectContaining({ subject: "what is on offer", verdict: "failed", mend: expect.stringContaining("options") }));
});

const refused = async (): Promise<never> => {
  throw new BridgeError("unauthorized", "the key has expired");
};

test.each(["capabilities", "list", "diagnose"] as const)("a %s that is refused is a finding that says what to do; the rest is looked at all the same", async (member) => {
  const findings = await findingsOf({ [member]: refused });
  expect(findings.filter(({ verdict }) => verdict === "failed")).toEqual([expect.objectContaining({ message: "unauthorized: the key has expired", mend: "Renew the credentials of the backend." })]);
  expect(findings.some(({ verdict }) => verdict === "fine")).toBe(true);
});

test.each(["capabilities", "list", "diagnose"] as const)("a %s that never answers is a finding within the time that was given", async (member) => {
  const hangs = (): Promise<never> => new Promise(() => {});
  const [diagnosis, other] = await fleetOf([scripted("a", { [member]: hangs }), scripted("b")]).diagnose({ timeoutSeconds: 0.02 });
  expect(diagnosis?.findings).toContainEqual(expect.objectContaining({ verdict: "failed", message: "timeout: no answer within 0.02 s" }));
  expect(other?.findings.every(({ verdict }) => verdict === "fine")).toBe(true);
});

test.each([["nothing", undefined], ["words", ["fine"]], ["no list", {}]])("a diagnosis that is %s is the backend's own failure", async (what, answer) => {
  const diagnose: Partial<Record<string, unknown>> = { diagnose: async () => answer };
  const failed = (await findingsOf(diagnose)).filter(({ verdict }) => verdict === "failed");
  expect(failed).toHaveLength(what === "nothing" ? 0 : 1);
  for (const finding of failed) expect(finding.message).toContain("no list of findings");
});

test("a scope that is not complete fails with its reason", async () => {
  const incomplete: Listing = { scopes: [{ scope: "here", complete: false, error: new BridgeError("rate_limited", "slow down") }, { scope: "there", complete: true }], instances: [] };
  expect(await findingsOf({ list: async () => incomplete })).toEqual(expect.arrayContaining([
    expect.objectContaining({ subject: "listing of here", verdict: "failed", message: "rate_limited: slow down" }),
    { subject: "listing of there", verdict: "fine", message: "complete" },
  ]));
});

test.each([
  [30, undefined], [31, "warning"], [60, "warning"], [61, "failed"],
])("a clock that differs by %i s is %s", async (seconds, verdict) => {
  const bySkew = async (skewMs: number) => (await findingsOf({ list: async () => ({ scopes: [{ scope: "s", complete: true, clockSkewMs: skewMs }], instances: [] }) }))
    .filter(({ subject }) => subject === "clock of s");
  const [behind, ahead] = [await bySkew(seconds * 1000), await bySkew(seconds * -1000)];
  expect([behind[0]?.verdict, ahead[0]?.verdict]).toEqual([verdict, verdict]);
  if (verdict === undefined) return;
  expect(behind[0]?.message).toBe(`this computer's clock is ${seconds} s behind the platform's`);
  expect(ahead[0]).toMatchObject({ message: expect.stringContaining("ahead of"), mend: expect.stringContaining("NTP") });
});
