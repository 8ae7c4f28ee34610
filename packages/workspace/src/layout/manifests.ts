import { type Workspace, type WorkspacePackage, publishable } from "../workspace.ts";

const oldestNode = ">=22.18";

function exportProblems(exports: NonNullable<WorkspacePackage["manifest"]["exports"]>): readonly string[] {
  return Object.entries(exports).filter(([entry]) => entry !== "./package.json").flatMap(([entry, target]) => {
    if (typeof target === "string") return [`exports["${entry}"] needs types and default`];
    const conditions = Object.keys(target);
    return conditions.join() === "types,default" ? [] : [`exports["${entry}"] must have types, then default, not ${conditions.join(", ")}`];
  });
}

function manifestProblemsOf({ manifest, files }: WorkspacePackage): readonly string[] {
  const { license, type, sideEffects, engines, exports } = manifest;
  const inexact = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([, range]) => !/^(\d+\.\d+\.\d+|workspace:\^)$/.test(range));
  return [
    ...(files.some(({ path }) => path === "README.md") ? [] : ["has no README.md"]),
    ...(license === "Apache-2.0" ? [] : ["license must be Apache-2.0"]),
    ...(type === "module" ? [] : ["type must be module"]),
    ...(sideEffects === false ? [] : ["sideEffects must be false"]),
    ...(engines?.node === oldestNode ? [] : [`engines.node must be ${oldestNode}`]),
    ...(manifest.files !== undefined && manifest.files.length > 0 ? [] : ["files is missing"]),
    ...(exports === undefined ? ["exports is missing"] : exportProblems(exports)),
    ...inexact.map(([name, range]) => `${name}: ${range} is not an exact version`),
  ];
}

/** What every published package declares. */
export function manifestProblems(workspace: Workspace): readonly string[] {
  return publishable(workspace).flatMap((unit) => manifestProblemsOf(unit).map((problem) => `${unit.folder}: ${problem}`));
}
