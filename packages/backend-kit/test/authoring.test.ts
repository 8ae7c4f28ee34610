import { expect, test } from "vitest";
import { encodeTags } from "@bridge/core/backend";
import { errorTable, type MachineSize, pickSizes, requireLegalTags, tagRules } from "../src/index.ts";

const size = (name: string, cpuMillicores: number, ramMib: number, more: Partial<MachineSize> = {}): MachineSize => ({ name, cpuMillicores, ramMib, arch: "amd64", ...more });
const wanted = { cpuMillicores: 1500, ramMib: 2048, arch: "amd64", tdx: "none" } as const;
const names = (catalog: readonly MachineSize[], manifest: Parameters<typeof pickSizes>[1] = wanted) => pickSizes(catalog, manifest).map(({ name }) => name);

test("only sizes that hold CPU, memory and architecture are picked", () => {
  const catalog = [size("little-cpu", 1000, 4096), size("little-ram", 4000, 1024), size("arm", 4000, 4096, { arch: "arm64" }), size("exact", 1500, 2048)];
  expect(names(catalog)).toEqual(["exact"]);
});

test("a disk that comes with a size must hold the storage; a size without one is as large as is asked for", () => {
  const catalog = [size("small-disk", 2000, 4096, { storageGib: 40 }), size("large-disk", 2000, 4096, { storageGib: 160 }), size("no-disk", 2000, 4096)];
  expect(names(catalog, { ...wanted, storageGib: 100 })).toEqual(["large-disk", "no-disk"]);
  expect(names(catalog, { ...wanted, storageGib: 40 })).toHaveLength(3);
  expect(names(catalog)).toHaveLength(3);
});

test("the cheapest is first, then the smallest, then by name; the order of the catalogue does not matter", () => {
  const catalog = [size("c", 2000, 4096, { pricePerHour: 2 }), size("dear", 1500, 2048, { pricePerHour: 3 }), size("b", 2000, 4096, { pricePerHour: 2 }), size("a", 2000, 2048, { pricePerHour: 2 }), size("unpriced", 1500, 2048), size("big", 8000, 2048, { pricePerHour: 2 })];
  const expected = ["a", "b", "c", "big", "dear", "unpriced"];
  expect(names(catalog)).toEqual(expected);
  expect(names(catalog.toReversed())).toEqual(expected);
});

test("TDX required leaves capable sizes, preferred puts them first", () => {
  const catalog = [size("plain", 2000, 2048), size("td", 4000, 4096, { tdx: true })];
  expect(names(catalog, { ...wanted, tdx: "required" })).toEqual(["td"]);
  expect(names(catalog, { ...wanted, tdx: "preferred" })).toEqual(["td", "plain"]);
  expect(names(catalog)).toEqual(["plain", "td"]);
});

const longest = "a".repeat(32);
const tags = { ...encodeTags({ owner: longest, ledgerId: longest, backend: longest, requestKey: "a".repeat(26), attempt: 9_999, deadlineMs: Number.MAX_SAFE_INTEGER }), "bridge-arguments": "0".repeat(32) };
test.for(Object.entries(tagRules))("Bridge's own tags are legal on %s, and are returned unchanged", ([, rules]) => {
  expect(requireLegalTags(tags, rules)).toBe(tags);
});

test.for([
  ["ec2", { "aws:name": "x" }], ["ec2", { ["k".repeat(129)]: "x" }], ["ec2", { k: "v".repeat(257) }], ["ec2", { k: "tab\there" }],
  ["gce", { Upper: "x" }], ["gce", { k: "Upper" }], ["gce", { k: "a.b" }], ["gce", { k: "v".repeat(64) }], ["gce", { "1st": "x" }],
  ["azure", { "a/b": "x" }], ["azure", { "Microsoft-x": "x" }], ["azure", { k: "v".repeat(257) }],
] as const)("%s: %o is refused, not changed", ([cloud, wrong]) => {
  expect(() => requireLegalTags(wrong, tagRules[cloud])).toThrow(expect.objectContaining({ code: "invalid_option", outcome: "none", problems: [expect.objectContaining({ path: Object.keys(wrong)[0] })] }));
});

test("too many tags are refused; all problems are named at once", () => {
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, "v"]));
  expect(() => requireLegalTags(many, tagRules.azure)).toThrow(/51 entries; at most 50/);
  expect(() => requireLegalTags({ A: "B" }, tagRules.gce)).toThrow(expect.objectContaining({ problems: [expect.anything(), expect.anything()] }));
});

const map = errorTable([
  { match: "InsufficientInstanceCapacity", code: "no_capacity", outcome: "none" },
  { match: /quota/i, code: "quota_exceeded", outcome: "none", message: "the quota is used up" },
  { match: 429, code: "rate_limited", retryAfterSeconds: 5 },
  { match: 500, code: "unavailable" },
]);
const failure = (message: string, more: object) => Object.assign(new Error(message), more);
test.for([
  ["a name before a status", failure("no", { name: "InsufficientInstanceCapacity", $metadata: { httpStatusCode: 500 } }), { code: "no_capacity", outcome: "none" }],
  ["a pattern on a code", failure("no", { code: "QUOTA_EXCEEDED" }), { code: "quota_exceeded", outcome: "none", message: "the quota is used up" }],
  ["a pattern on the message", failure("approved Cores Quota", {}), { code: "quota_exceeded", outcome: "none", message: "the quota is used up" }],
  ["a status", failure("no", { statusCode: 429 }), { code: "rate_limited", retryAfterSeconds: 5 }],
  ["nothing that it knows", failure("no", { code: "Other" }), undefined],
  ["no error at all", undefined, undefined],
] as const)("an error table maps by %s", ([, error, expected]) => {
  expect(map(error)).toEqual(expected);
});

test("an author says where the client puts its codes", () => {
  const nested = errorTable([{ match: "A", code: "conflict" }], (error) => [Reflect.get(Object(error), "inner")]);
  expect(nested({ inner: "A", code: "B" })).toEqual({ code: "conflict" });
});
