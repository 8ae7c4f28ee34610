/** The packed core, kit, controller, local backend and cli install into an empty project: imported, type-checked under both resolutions, and their README examples run. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ConsumerProject, withConsumerProject } from "../src/consumer-project.ts";
import { firstExample } from "../src/readme-example.ts";
import { mustRun } from "../src/run-command.ts";
import { publishable, readManifest, readWorkspace } from "../src/workspace.ts";

const names = ["@bridge/core", "@bridge/backend-kit", "@bridge/controller", "@bridge/backend-local", "@bridge/cli"];
const units = publishable(readWorkspace()).filter(({ manifest }) => names.includes(manifest.name));
const typesForNode = `@types/node@${readManifest(".").devDependencies?.["@types/node"] ?? ""}`;
const entriesOf = ({ manifest }: (typeof units)[number]) =>
  Object.entries(manifest.exports ?? {}).filter(([, target]) => typeof target !== "string").map(([entry]) => entry.replace(/^\./, manifest.name));
const entries = units.flatMap(entriesOf);

async function importEntries({ folder, write }: ConsumerProject): Promise<void> {
  const lines = entries.map((entry) => `console.log(${JSON.stringify(entry)} + ": " + Object.keys(await import(${JSON.stringify(entry)})).length + " names");`);
  // An import that starts a timer or opens a handle would keep this process alive until it is killed.
  const printed = await mustRun(process.execPath, [await write("import-entries.mjs", lines.join("\n"))], { folder, timeoutSeconds: 30 });
  assert.doesNotMatch(printed, /: 0 names/);
  console.log(printed.trim());
}

async function checkTypes({ folder, write }: ConsumerProject, files: readonly string[]): Promise<void> {
  for (const [module, moduleResolution] of [["nodenext", "nodenext"], ["preserve", "bundler"]]) {
    // Declarations of ours are checked too: skipLibCheck is off.
    const compilerOptions = { module, moduleResolution, target: "es2023", lib: ["es2023", "esnext.disposable"], types: ["node"], strict: true, noEmit: true, skipLibCheck: false, allowImportingTsExtensions: true };
    const project = await write(`tsconfig.${moduleResolution}.json`, JSON.stringify({ compilerOptions, files }));
    await mustRun("tsc", ["-p", project], { folder });
    console.log(`types resolve with ${moduleResolution}: ${files.length} files`);
  }
}

interface Example {
  readonly name: string;
  readonly file: string;
}

/** The first TypeScript of a package's README; of one with a command also the first shell. */
async function writeExamples({ write }: ConsumerProject, { manifest: { name, bin }, files }: (typeof units)[number]): Promise<readonly Example[]> {
  const readme = files.find(({ path }) => path === "README.md")?.text ?? "";
  const languages = bin === undefined ? (["ts"] as const) : (["ts", "sh"] as const);
  return Promise.all(languages.map(async (language) => {
    const code = firstExample(readme, language);
    assert.ok(code, `the README of ${name} has no block of ${language}`);
    return { name: `${name} (${language})`, file: await write(`example-${name.replace("@bridge/", "")}.${language === "ts" ? "mts" : "sh"}`, code) };
  }));
}

async function runExample({ folder }: ConsumerProject, { name, file }: Example): Promise<void> {
  const startedAtMs = performance.now();
  const path = `${join(folder, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`;
  const printed = await mustRun(file.endsWith(".mts") ? process.execPath : "bash", file.endsWith(".mts") ? [file] : ["-euo", "pipefail", file], { folder, environment: { PATH: path, XDG_STATE_HOME: join(folder, "state") }, timeoutSeconds: 120 });
  console.log(`\nexample of ${name}, ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s:\n${printed.trim().replaceAll(/^/gm, "  ")}`);
}

function kibOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0) / 1024;
}

await withConsumerProject(names, [typesForNode], async (project) => {
  for (const { name, bytes } of project.tarballs) {
    const unpacked = join(project.folder, "node_modules", name);
    assert.ok(readdirSync(unpacked).includes("LICENSE"), `${name} carries no LICENSE`);
    assert.doesNotMatch(readFileSync(join(unpacked, "package.json"), "utf8"), /workspace:/);
    console.log(`${name.padEnd(22)} ${(bytes / 1024).toFixed(0).padStart(5)} KiB packed, ${kibOf(unpacked).toFixed(0).padStart(5)} KiB unpacked`);
  }
  console.log(`${"with all dependencies".padEnd(22)} ${(kibOf(join(project.folder, "node_modules")) / 1024).toFixed(1)} MiB\n`);
  await importEntries(project);

  const examples = (await Promise.all(units.map((unit) => writeExamples(project, unit)))).flat();
  const allEntries = await project.write("all-entries.mts", `${entries.map((entry, index) => `import * as entry${index} from ${JSON.stringify(entry)};`).join("\n")}\nexport const names = [${entries.map((_entry, index) => `entry${index}`).join(", ")}].map(Object.keys);\n`);
  await checkTypes(project, [allEntries, ...examples.map(({ file }) => file).filter((file) => file.endsWith(".mts"))]);
  for (const example of examples) await runExample(project, example);
});
