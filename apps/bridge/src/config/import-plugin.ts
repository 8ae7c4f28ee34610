import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const isPath = (use: string): boolean => /^(\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(use);
const isNotFound = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";

/**
 * Imports what a backend's `use` names: a path from the config's folder; a package as installed there, else as installed
 * with this program.
 *
 * @throws whatever the import throws; for a package that is in neither place, `ERR_MODULE_NOT_FOUND`.
 */
export async function importPlugin(use: string, folder: string): Promise<unknown> {
  if (isPath(use)) return import(pathToFileURL(resolve(folder, use)).href);
  const { resolve: resolveModule } = await import("import-meta-resolve");
  return import(resolvePackage((parent) => resolveModule(use, parent), pathToFileURL(resolve(folder, "bridge.yaml")).href));
}

function resolvePackage(resolveFrom: (parent: string) => string, config: string): string {
  try {
    return resolveFrom(config);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return resolveFrom(import.meta.url);
  }
}
