// Installing and building, for every root script. Plain JavaScript for Node 20: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Top of the workspace. */
export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Installing or building failed; the message holds what the tool printed. */
export class SetUpError extends Error {}

const stampFile = join(root, "node_modules/.bridge-set-up");

/** Environment in which `node` is the pinned Node and the tools of the workspace are found. */
export function pinnedEnvironment() {
  const folders = [join(root, "node_modules/node/bin"), join(root, "node_modules/.bin"), process.env["PATH"]];
  return { ...process.env, PATH: folders.join(delimiter), DO_NOT_TRACK: "1", TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" };
}

/** @param {string} what @param {string} program @param {string[]} parameters @param {NodeJS.ProcessEnv} environment */
function runQuietly(what, program, parameters, environment) {
  const started = performance.now();
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { cwd: root, env: environment, encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new SetUpError(`${stdout ?? ""}${stderr ?? ""}${what} failed: ${error?.message ?? `${program} ${parameters.join(" ")} ended with ${status}`}`);
  return (performance.now() - started) / 1000;
}

/** All that an installation follows from. */
function fingerprint() {
  const folders = ["packages", "apps"].flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`));
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...[".", "bench", ...folders].map((folder) => `${folder}/package.json`)];
  const hash = createHash("sha256");
  for (const file of files.filter((name) => existsSync(join(root, name)))) hash.update(file).update("\0").update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

/**
 * Installs what the lock file says, unless that was done already.
 *
 * @returns {number} seconds
 */
export function installPackages() {
  const wanted = fingerprint();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) return 0;
  console.error("installing and building: half a minute the first time …");
  const pnpm = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;
  const seconds = runQuietly("installing", "npx", ["--yes", "--prefer-offline", pnpm, "install", "--frozen-lockfile", "--prefer-offline"], process.env);
  writeFileSync(stampFile, wanted);
  return seconds;
}

/**
 * Builds the packages whose sources have changed.
 *
 * @param {string[]} filters turbo's `--filter=…`; none: all packages
 * @returns {number} seconds
 */
export function buildPackages(filters) {
  return runQuietly("the build", "turbo", ["run", "build", ...filters, "--ui=stream", "--output-logs=errors-only", "--log-prefix=none"], pinnedEnvironment());
}
