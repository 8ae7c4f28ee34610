import { statSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "./run-command.ts";
import { type WorkspacePackage, publishable, readWorkspace, root } from "./workspace.ts";

/** A package as it would be published. */
export interface Tarball {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly bytes: number;
}

/** Packs one built package into a folder, the way it would be published. */
export async function packTarball({ folder, manifest }: WorkspacePackage, destination: string): Promise<Tarball> {
  // pnpm resolves `workspace:` ranges; npm would leave them in the tarball.
  await mustRun("pnpm", ["pack", "--pack-destination", destination], { folder: join(root, folder) });
  const file = join(destination, `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version ?? ""}.tgz`);
  return { name: manifest.name, file, bytes: statSync(file).size };
}

/** Packs published packages by their names. Throws an Error when the workspace does not have one. */
export function packTarballs(names: readonly string[], destination: string): Promise<readonly Tarball[]> {
  const units = publishable(readWorkspace()).filter(({ manifest }) => names.includes(manifest.name));
  const missing = names.filter((name) => !units.some(({ manifest }) => manifest.name === name));
  if (missing.length > 0) throw new Error(`the workspace has no ${missing.join(", ")}`);
  return Promise.all(units.map((unit) => packTarball(unit, destination)));
}
