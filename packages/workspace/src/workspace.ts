import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Top of the workspace. */
export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What the checks read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly engines?: { readonly node?: string };
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** One package of the workspace with the files that are, or would be, under version control. */
export interface WorkspacePackage {
  /** From the top: `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Paths from the package's folder, and a way to read each. */
  readonly files: readonly SourceFile[];
}

/** A file of a package. */
export interface SourceFile {
  /** From the package's folder, with slashes: `src/index.ts`. */
  readonly path: string;
  readonly text: string;
}

/** The whole repository as the checks see it. */
export interface Workspace {
  /** Names at the top that are, or would be, under version control. */
  readonly topLevel: readonly string[];
  readonly packages: readonly WorkspacePackage[];
}

const isText = (path: string) => /\.(ts|mts|mjs|js|json|md|yaml)$/.test(path);

/** Files at or below a folder that are, or would be, under version control; paths from the top. */
export function trackedFiles(folder = "."): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", folder], { cwd: root, encoding: "utf8" });
  return [...new Set(listed.split("\0"))].filter((path) => path !== "" && existsSync(join(root, path)) && statSync(join(root, path)).isFile()).sort();
}

/** Reads the workspace from disk. */
export function readWorkspace(): Workspace {
  const paths = trackedFiles();
  const folders = paths.filter((path) => /^(packages\/[^/]+|apps\/[^/]+|bench)\/package\.json$/.test(path)).map((path) => dirname(path));
  const read = (path: string) => (isText(path) ? readFileSync(join(root, path), "utf8") : "");
  return {
    topLevel: [...new Set(paths.map((path) => path.split("/")[0] ?? path))],
    packages: folders.map((folder) => {
      const files = paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => ({ path: path.slice(folder.length + 1), text: read(path) }));
      return { folder, manifest: readManifest(folder), files };
    }),
  };
}

/** Reads the package.json of a folder, given from the top. */
export function readManifest(folder: string): Manifest {
  // The packages' own files, whose shape the layout rules check.
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}

/** Packages that are published, in the order of their folders. */
export function publishable(workspace: Workspace): readonly WorkspacePackage[] {
  return workspace.packages.filter(({ manifest }) => manifest.private !== true);
}

/** TypeScript sources of a package: all below `src`. */
export function sourcesOf({ files }: WorkspacePackage): readonly SourceFile[] {
  return files.filter(({ path }) => path.startsWith("src/") && path.endsWith(".ts"));
}
