/** From a registry with our tarballs alone: `npm create @bridge/backend acme`, install and test, with npm, pnpm and yarn, are green as they are typed, and what was made serves a grant. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type LocalRegistry, withLocalRegistry } from "../../workspace/src/local-registry.ts";
import { packTarballs } from "../../workspace/src/pack.ts";
import { mustRun } from "../../workspace/src/run-command.ts";
import { root } from "../../workspace/src/workspace.ts";
import { serveGrant } from "./serve-grant.ts";

const ours = ["@bridge/core", "@bridge/backend-kit", "@bridge/backend-local", "@bridge/conformance", "@bridge/create-backend", "@bridge/cli"];
let sinceMs = performance.now();
/** Prints what has been shown and what it cost. */
const say = (text: string) => {
  console.log(`${((performance.now() - sinceMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  sinceMs = performance.now();
};

interface Manager {
  readonly name: string;
  /** What an author types: makes the package, installs it, runs one of its scripts. */
  readonly create: string;
  readonly install: string;
  readonly run: string;
}
// Without --prefer-offline yarn and pnpm would take what an earlier run has published under the same version.
const managers: readonly Manager[] = [
  { name: "npm", create: "npm create --yes @bridge/backend acme", install: "npm install --no-audit --no-fund --prefer-offline", run: "npm run" },
  { name: "pnpm", create: "pnpm create @bridge/backend acme", install: "pnpm install", run: "pnpm run" },
  // Yarn's own `create` installs into the user's home; what it makes is the same.
  { name: "yarn", create: "npm create --yes @bridge/backend acme", install: "npx --yes yarn@1.22.22 install --non-interactive", run: "npx --yes yarn@1.22.22 run" },
];

/** The closing line of a run of the kit, which must have gone well. */
function passed(printed: string): string {
  const summary = /^acme: .*$/m.exec(printed)?.[0] ?? printed;
  assert.match(summary, /^acme: \d+ passed, 0 failed, 0 different/);
  return summary;
}

/** Puts the example of one file into a generated package, with a subject of its own. */
function useExample(folder: string): string {
  copyFileSync(join(root, "examples/backend-minimal/backend.ts"), join(folder, "backend.ts"));
  const subject = readFileSync(join(folder, "test/subject.ts"), "utf8");
  writeFileSync(join(folder, "test/minimal-subject.ts"), subject.replaceAll("../src/index.ts", "../backend.ts"));
  return "./test/minimal-subject.ts";
}

/** All that an author does in the first hour, with one package manager, in an empty folder. */
async function hour({ name, create, install, run }: Manager, { npmrc }: LocalRegistry): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), `bridge-author-${name}-`));
  try {
    // What `create` has once fetched under a version it does not fetch again, so it gets a cache of its own.
    const own = { PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}` };
    const fresh = { ...own, npm_config_cache: join(place, "cache"), npm_config_cache_dir: join(place, "cache-pnpm") };
    const author = join(place, "author");
    mkdirSync(author);
    writeFileSync(join(author, ".npmrc"), npmrc);
    const shell = (command: string, folder: string, environmentOfIt: Readonly<Record<string, string>> = own) =>
      mustRun("/bin/sh", ["-c", command], { folder, environment: environmentOfIt, timeoutSeconds: 400 });
    await shell(create, author, fresh);
    say(create);
    const made = join(author, "bridge-backend-acme");
    writeFileSync(join(made, ".npmrc"), npmrc);
    await shell(install, made);
    say(`${name}: install`);
    for (const script of ["lint", "types", "build"]) await shell(`${run} ${script}`, made);
    say(`${name}: lint, types and build are right`);
    if (name === "npm") {
      say(`npm test: ${passed(await shell("npm test", made))}`);
      const words = `${useExample(made)} --concurrency 8`;
      say(`examples/backend-minimal in it, unbuilt: ${passed(await shell(`npx bridge-conformance ${words}`, made))}`);
      const operator = join(place, "operator");
      mkdirSync(operator);
      writeFileSync(join(operator, ".npmrc"), npmrc);
      say(`bridge provision, with the packed backend beside the command line:\n${(await serveGrant(operator, made, own)).replaceAll(/^/gm, "          ")}`);
    } else {
      say(`${name}: ${passed(await shell(`${run} conformance --concurrency 8 --only "rule 7"`, made))} (rule 7 only)`);
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

const packed = mkdtempSync(join(tmpdir(), "bridge-packed-"));
try {
  const tarballs = await packTarballs(ours, packed);
  say(`${tarballs.length} tarballs: ${tarballs.map(({ name, bytes }) => `${name} ${(bytes / 1024).toFixed(0)} KiB`).join(", ")}`);
  await withLocalRegistry(tarballs, async (registry) => {
    for (const manager of managers) await hour(manager, registry);
  });
} finally {
  rmSync(packed, { recursive: true, force: true });
}
