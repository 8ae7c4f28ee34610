/** Each backend under examples/ that is a package of its own, copied to an empty folder, installs from our tarballs, and its own lint, types, build and tests are green. */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { withPackedRegistry } from "../src/packed-registry.ts";
import { mustRun } from "../src/run-command.ts";
import { stopwatch } from "../src/stopwatch.ts";
import { readManifest, root, trackedFiles } from "../src/workspace.ts";

/** What backends use of ours; the ranges in an example's own package.json choose among them. */
const ours = ["@bridge/core", "@bridge/backend-kit", "@bridge/conformance"];
/** The kit's closing line. */
const summary = /^[a-z0-9-]+: (\d+) passed, (\d+) failed, (\d+) different, (\d+) not observed/m;
const mostLines = 199;
const say = stopwatch();

/** One that needs an image of its own machine has a proof of its own. */
const isBackend = (name: string) => "@bridge/core" in (readManifest(`examples/${name}`).peerDependencies ?? {}) && !existsSync(join(root, "examples", name, "image"));
const examples = [...new Set(trackedFiles("examples").flatMap((path) => /^examples\/([^/]+)\/package\.json$/.exec(path)?.[1] ?? []))].filter(isBackend);

/** Lines of all TypeScript in a folder. */
const linesIn = (folder: string): number =>
  readdirSync(folder).filter((file) => file.endsWith(".ts")).reduce((sum, file) => sum + readFileSync(join(folder, file), "utf8").trimEnd().split("\n").length, 0);

async function prove(name: string, npmrc: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `bridge-example-${name}-`));
  try {
    const top = `examples/${name}/`;
    for (const path of trackedFiles(top)) cpSync(join(root, path), join(folder, path.slice(top.length)));
    writeFileSync(join(folder, ".npmrc"), npmrc);
    const environment = { PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}` };
    const npm = (...words: readonly string[]) => mustRun("npm", words, { folder, environment, timeoutSeconds: 600 });
    await npm("install", "--no-audit", "--no-fund", "--prefer-offline");
    say(`${name}: npm install, with its package.json as it is`);
    for (const script of ["lint", "types", "build"]) await npm("run", script);
    const lines = linesIn(join(folder, "src"));
    assert.ok(lines <= mostLines, `src has ${lines} lines; at most ${mostLines}`);
    say(`${name}: lint, types and build are right; ${lines} lines in src, ${linesIn(join(folder, "test-platform"))} in test-platform`);
    const startedAtMs = performance.now();
    const printed = await npm("test", "--", "--reporter=default");
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
    const [, passed = "", failed = "", different = "", unseen = ""] = summary.exec(printed) ?? [];
    assert.ok(Number(passed) > 0 && failed === "0" && different === "0", printed);
    say(`${name}: npm test`);
    for (const line of printed.matchAll(/^not observed.*\n +.*$/gm)) console.log(line[0].replaceAll(/^/gm, "          "));
    console.log(`        ${name}: ${passed} cases passed, ${failed} failed, ${different} different, ${unseen} not observed, in ${seconds} s; all its tests: ${/^ *Tests +(.*)$/m.exec(printed)?.[1] ?? "?"}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await withPackedRegistry(ours, async ({ npmrc }) => {
  say(`${ours.join(", ")} are packed`);
  for (const name of examples) await prove(name, npmrc);
});
assert.ok(examples.length > 0, "there is no example of this kind");
