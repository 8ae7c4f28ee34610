import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const moduleOf = (name: string) => fileURLToPath(new URL(`./fixtures/modules/${name}.ts`, import.meta.url));

function run(...parameters: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...parameters], { encoding: "utf8", timeout: 120_000 });
  return { code: status, out: stdout, err: stderr };
}

function scratch(name: string, content = ""): string {
  const folder = mkdtempSync(join(tmpdir(), "bridge-conformance-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  if (content !== "") writeFileSync(path, content);
  return path;
}

describe("bad input is refused with exit code 2, in words, before any case runs:", () => {
  test.each([
    ["a plugin of another contract", "contract-two", /contract-two.*follows backend contract 2; this Bridge knows contract 1/],
    ["a module without default export", "no-default", /its default export must be what defineBackend\(\) returns/],
    ["a module that throws", "throws-at-import", /cannot be loaded: Error: this module needs something/],
    ["a file that is missing", "no-such-file", /there is no file .*no-such-file\.ts/],
  ])("%s", (_what, name, message) => {
    const { code, out, err } = run(moduleOf(name));
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });

  test("I/O at import and a swallowing schema, both at once, each with what to do", () => {
    const { code, err } = run(moduleOf("everything-wrong"));
    expect(err).toMatch(/uses the file system: fs\.readdirSync\(\) \(.*everything-wrong\.ts:5\).*move it into the first call/);
    expect(err).toMatch(/lets unknown keys pass here.*z\.strictObject/);
    expect(code).toBe(2);
  });

  test("an option that the plugin does not know, by its path", () => {
    const { code, err } = run(moduleOf("one-platform"), "--options", scratch("options.yaml", "regionz: [here]\n"));
    expect(err).toMatch(/regionz/);
    expect(code).toBe(2);
  });

  test("a package that is not installed, with the command to run", () => {
    expect(run("bridge-backend-nowhere")).toMatchObject({ code: 2, err: expect.stringContaining("npm install bridge-backend-nowhere") });
  });

  test("a filter that fits no case, a limit that is no number, no plugin", () => {
    expect(run(moduleOf("one-platform"), "--only", "no such case")).toMatchObject({ code: 2, err: expect.stringContaining('"no such case"') });
    expect(run(moduleOf("one-platform"), "--live", "--max-minutes", "-1")).toMatchObject({ code: 2, err: expect.stringContaining("positive") });
    expect(run()).toMatchObject({ code: 2, err: expect.stringContaining("plugin") });
  });
});

describe("a run", () => {
  test("uses the module's own test platform, prints differences, and writes JUnit XML", () => {
    const junit = scratch("report.xml");
    const { code, out } = run(moduleOf("with-subject"), "--only", "rule 6", "rule 3", "--junit", junit);
    expect(out).toMatch(/passed +rule 6 +terminate succeeds ten times/);
    expect(out).toMatch(/not observed rule 6 .*\n +needs slowDestroy of the subject/);
    expect(out).toContain("declared difference: ssh: machines in memory have no <SSH>");
    expect(code).toBe(0);
    const xml = readFileSync(junit, "utf8");
    expect(xml).toContain('value="machines in memory have no &lt;SSH&gt;"');
    expect(xml).toMatch(/<testcase classname="rule 6" name="terminate succeeds ten times" time="[\d.]+"><\/testcase>/);
    expect(xml).toContain('<skipped message="not observed: needs slowDestroy of the subject"/>');
  });

  test("ends with 1 and after the first failure when a case fails and --bail is set", () => {
    const { code, out } = run(moduleOf("leaky"), "--only", "rule 6: terminate", "--bail");
    expect(out).toMatch(/failed +rule 6 +terminate resolves when nothing is left[\s\S]*leak: machine[\s\S]*why it matters/);
    expect(out.match(/^failed/gm)).toHaveLength(1);
    expect(code).toBe(1);
  });

  test("on a live platform keeps within its machines and looks at the end for what is left", () => {
    const { code, out } = run(moduleOf("one-platform"), "--live", "--only", "rule 7", "--max-instances", "2");
    expect(out).toMatch(/not observed rule 7 +list goes on past the first page\n +needs 3 machines at once/);
    expect(out).toMatch(/leak audit: nothing is left of owner conformance-[0-9a-f]+/);
    expect(code).toBe(0);
  });

  test("on a live platform says what is left, and ends with 1", () => {
    const { code, out } = run(moduleOf("leaky"), "--live", "--only", "one provision makes one machine");
    expect(out).toMatch(/leak audit: LEFT of owner conformance-[0-9a-f]+:\n +machine machine-1 in memory-[0-9a-f]+ \(running, its lease ends /);
    expect(code).toBe(1);
  });

  test("on a live platform ends at its time limit, and what was made is terminated", () => {
    const { code, out } = run(moduleOf("one-platform"), "--live", "--only", "watch resolves at validTo", "--max-minutes", "0.02");
    expect(out).toMatch(/not observed rule 8 +watch resolves at validTo[^\n]*\n +the run was ended before this case was/);
    expect(out).toContain("ended early: its time was over\nleak audit: nothing is left");
    expect(code).toBe(1);
  });
});

test("a Node that is too old gets one line", () => {
  const program = readFileSync(new URL("../bin/bridge-conformance.js", import.meta.url), "utf8");
  const pretend = `Object.defineProperty(process, "version", { value: "v20.9.0" });\n${program.replace(/^#!.*\n/, "")}`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=commonjs", "-e", pretend], { encoding: "utf8" });
  expect(stderr).toMatch(/^bridge-conformance needs Node\.js 22\.18 or newer; this is Node\.js 20\.9\.0 \(.*\)\n$/);
  expect(status).toBe(2);
});
