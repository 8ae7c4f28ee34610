import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { type WorkspacePackage, type Workspace, sourcesOf } from "../workspace.ts";
import { importsOf, packageOf } from "./imports.ts";

const core = ["@bridge/core"];
const controller = [...core, "@bridge/controller"];
const http = [...controller, "@bridge/http"];

/** Which of our packages a package's sources may import; a subpath allows only itself. Ones without an entry: core only. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "@bridge/core": [],
  "@bridge/backend-kit": core,
  "@bridge/controller": core,
  "@bridge/client": core,
  "@bridge/http": controller,
  "@bridge/cli": [...http, "@bridge/backend-local"],
};
const allowedForBackends = ["@bridge/core/backend", "@bridge/backend-kit"];

/** Whether a package is a backend. */
export const isBackend = (name: string): boolean => /^@bridge\/backend-(?!kit$)/.test(name);

function objectionTo(specifier: string, path: string, { manifest }: WorkspacePackage): string | undefined {
  if (specifier.startsWith(".")) {
    const target = posix.normalize(posix.join(posix.dirname(path), specifier));
    if (!target.startsWith("src/")) return "leaves the package's src";
    return specifier.endsWith(".ts") ? undefined : "must end in .ts";
  }
  if (isBuiltin(specifier)) return specifier.startsWith("node:") ? undefined : "must be written with node:";
  const name = packageOf(specifier) ?? specifier;
  if (manifest.dependencies?.[name] === undefined && manifest.peerDependencies?.[name] === undefined) return "is no declared dependency";
  if (!name.startsWith("@bridge/")) return undefined;
  const may = isBackend(manifest.name) ? allowedForBackends : (allowed[manifest.name] ?? core);
  return may.some((entry) => entry === specifier || (entry === name && packageOf(entry) === entry)) ? undefined : `may not be imported here; allowed: ${may.join(", ") || "none of ours"}`;
}

/** cli -> http -> controller -> core; backends -> backend-kit -> core; client -> core; nothing undeclared. */
export function arrowProblems({ packages }: Workspace): readonly string[] {
  return packages.filter(({ manifest }) => manifest.private !== true).flatMap((unit) => sourcesOf(unit).flatMap((file) =>
    importsOf(file).flatMap(({ specifier }) => {
      const objection = objectionTo(specifier, file.path, unit);
      return objection === undefined ? [] : [`${unit.folder}/${file.path}: import of ${specifier} ${objection}`];
    })));
}
