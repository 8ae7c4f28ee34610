import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalRegistry, withLocalRegistry } from "./local-registry.ts";
import { packTarballs, type Tarball } from "./pack.ts";

/** A registry with our packages as they would be published. */
export interface PackedRegistry extends LocalRegistry {
  readonly tarballs: readonly Tarball[];
}

/** Packs published packages, by name, and serves them as a registry while something uses it. */
export async function withPackedRegistry<T>(names: readonly string[], use: (registry: PackedRegistry) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "bridge-packed-"));
  try {
    const tarballs = await packTarballs(names, folder);
    return await withLocalRegistry(tarballs, (registry) => use({ ...registry, tarballs }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
