/** From a registry with our tarballs alone: `npm create @bridge/backend acme`, install and test, with npm, pnpm and yarn, are green as they are typed, and what was made serves a grant. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { withPackedRegistry } from "../../workspace/src/packed-registry.ts";
import { mustRun } from "../../workspace/src/run-command.ts";
import { stopwatch } from "../../workspace/src/stopwatch.ts";
import { addMinimalExample } from "../test/fixtures/minimal-example.ts";
import { serveGrant } from "./serve-grant.ts";

const ours = ["@bridge/core", "@bridge/backend-kit", "@bridge/backend-local", "@bridge/conformance", "@bridge/create-backend", "@bridge/cli"];
/** Prints what has been shown and what it cost. */
const say = stopwatch();

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

/** All that an author does in the first hour, with one package manager, in an empty folder. */
async function hour({ name, create, install, run }: Manager, npmrc: string): Promise<void> {
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
      const words = `${addMinimalExample(made)} --concurrency 8`;
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

await withPackedRegistry(ours, async ({ tarballs, npmrc }) => {
  say(`${tarballs.length} tarballs: ${tarballs.map(({ name, bytes }) => `${name} ${(bytes / 1024).toFixed(0)} KiB`).join(", ")}`);
  for (const manager of managers) await hour(manager, npmrc);
});
