import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packTarballs, type Tarball } from "./pack.ts";
import { mustRun } from "./run-command.ts";

/** An empty project of somebody who uses our packages, outside of the workspace. */
export interface ConsumerProject {
  /** Absolute path. */
  readonly folder: string;
  /** What was installed into it, packed as it would be published. */
  readonly tarballs: readonly Tarball[];
  /** Writes a file and returns its absolute path. */
  readonly write: (path: string, text: string) => Promise<string>;
}

/**
 * Packs published packages, installs the tarballs into a new project with npm, hands it over, and removes it.
 *
 * @param names of the packages; the ones that they need among ours must be among them
 * @param registryPackages further packages, as `name@version`
 */
export async function withConsumerProject<T>(names: readonly string[], registryPackages: readonly string[], use: (project: ConsumerProject) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "bridge-consumer-"));
  try {
    const tarballs = await packTarballs(names, folder);
    const write = async (path: string, text: string) => {
      await writeFile(join(folder, path), text);
      return join(folder, path);
    };
    await write("package.json", JSON.stringify({ name: "consumer", private: true }));
    await mustRun("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...tarballs.map(({ file }) => file), ...registryPackages], { folder });
    return await use({ folder, tarballs, write });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Dependencies = Record<string, string>;
interface BackendManifest { readonly dependencies: Dependencies; readonly devDependencies: Dependencies }

/** Has a backend's package.json take our packages from tarballs, in the way of each package manager. */
export function useTarballs(folder: string, tarballs: readonly Tarball[]): void {
  const files = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]));
  const path = join(folder, "package.json");
  // As our scaffolder makes them.
  const manifest = JSON.parse(readFileSync(path, "utf8")) as BackendManifest;
  const replaced = (dependencies: Dependencies) => Object.fromEntries(Object.entries(dependencies).map(([name, range]) => [name, files[name] ?? range]));
  const all = { dependencies: replaced(manifest.dependencies), devDependencies: replaced(manifest.devDependencies), overrides: files, resolutions: files, pnpm: { overrides: files } };
  writeFileSync(path, JSON.stringify({ ...manifest, ...all }, undefined, 2));
}
