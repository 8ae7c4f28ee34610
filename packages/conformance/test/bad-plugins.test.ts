import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const moduleOf = (name: string) => fileURLToPath(new URL(`./fixtures/modules/${name}.ts`, import.meta.url));

function check(module: string, { brokenAs = "", words = [] }: { readonly brokenAs?: string; readonly words?: readonly string[] } = {}): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", main, moduleOf(module), ...words], { encoding: "utf8", timeout: 120_000, env: { ...process.env, BROKEN_AS: brokenAs } });
  return { code: status, out: stdout, err: stderr };
}

/** Each way to be wrong, the case that names it, and what its author reads. */
const failed: readonly { readonly brokenAs: string; readonly only: string; readonly says: readonly RegExp[] }[] = [
  {
    brokenAs: "list hides its error", only: "list that fails says so",
    says: [/failed +rule 7 +list that fails says so, and is never an empty list/, /shows no machine, though the platform failed to answer; a caught error must become \{ scope, complete: false, error \}/],
  },
  {
    brokenAs: "terminate returns early", only: "terminate waits for an end",
    says: [/failed +rule 6 +terminate waits for an end that takes its time/, /there still is machine machine-1 \(ending\); an accepted request to end something is not its end: wait until/],
  },
  {
    brokenAs: "loses the outcome", only: "a create that is refused for no_capacity",
    says: [/failed +rule 5 +a create that is refused for no_capacity/, /the error \(no_capacity\) has no outcome; missing means unknown, so say it/],
  },
  {
    brokenAs: "throws strings", only: "a create that is refused for unauthorized",
    says: [/failed +rule 5 +a create that is refused for unauthorized/, /a backend throws only BridgeErrors; this one threw the string "the platform refuses.*Wrap it: toBridgeError\(error, \{ backend, operation \}\)/],
  },
  {
    brokenAs: "its schema swallows unknown keys", only: "unknown options are refused",
    says: [/failed +rule 10 +unknown options are refused/, /lets unknown keys pass.*z\.strictObject/],
  },
];

describe.each(failed)("a plugin of which is true: $brokenAs", ({ brokenAs, only, says }) => {
  test("fails its case by name, is told what to do and why it matters, and ends with 1", { timeout: 120_000 }, () => {
    const { code, out } = check("broken-as-told", { brokenAs, words: ["--only", only] });
    for (const said of [...says, /why it matters: /]) expect(out).toMatch(said);
    expect(code).toBe(1);
  });
});

describe("a plugin whose create() gives no backend is refused with exit code 2 before any case runs,", () => {
  test.each([
    ["creates-nothing", [/backend: the create\(\) of backend plugin "memory" gave undefined; it must give a Backend/]],
    ["creates-half", [/backend\.provision: is missing/, /backend\.watchUntilExit: is missing/, /backend\.terminate: is missing/, /backend\.list: is missing/]],
  ] as const)("all that is missing at once: %s", { timeout: 120_000 }, (module, says) => {
    const { code, out, err } = check(module);
    for (const said of says) expect(err).toMatch(said);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });
});
