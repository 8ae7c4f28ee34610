import { posix } from "node:path";
import { type Program, parseSync } from "oxc-parser";
import { type SourceFile, type Workspace, type WorkspacePackage, publishable } from "../workspace.ts";

interface Exported {
  readonly name: string;
  /** In this file: whether a doc comment stands right before it. */
  readonly documented?: boolean;
  /** In another file: where, and under which name. */
  readonly from?: { readonly specifier: string; readonly name: string };
}

type Statement = Program["body"][number];

function declaredNames(statement: Statement): readonly string[] {
  if (statement.type === "VariableDeclaration") return statement.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  return "id" in statement && statement.id !== null && statement.id.type === "Identifier" ? [statement.id.name] : [];
}

/** What a module exports, and where each was declared. */
function exportsOf({ path, text }: SourceFile): readonly Exported[] {
  const { program, comments } = parseSync(path, text);
  const isDocumented = ({ start }: { readonly start: number }) =>
    comments.some(({ type, value, end }) => type === "Block" && value.startsWith("*") && end <= start && text.slice(end, start).trim() === "");
  const locals = new Map(program.body.flatMap((statement) => declaredNames(statement).map((name) => [name, isDocumented(statement)] as const)));
  const nameOf = (specifier: { readonly type: string; readonly name?: string; readonly value?: string }) => specifier.name ?? specifier.value ?? "";
  return program.body.flatMap((statement): readonly Exported[] => {
    if (statement.type === "ExportDefaultDeclaration") return [{ name: "default", documented: isDocumented(statement) }];
    if (statement.type === "ExportAllDeclaration") return [{ name: `* from ${statement.source.value}`, documented: false }];
    if (statement.type !== "ExportNamedDeclaration") return [];
    if (statement.declaration !== null) return declaredNames(statement.declaration).map((name) => ({ name, documented: isDocumented(statement) }));
    return statement.specifiers.map(({ local, exported }) => (statement.source === null
      ? { name: nameOf(exported), documented: locals.get(nameOf(local)) ?? false }
      : { name: nameOf(exported), from: { specifier: statement.source.value, name: nameOf(local) } }));
  });
}

/** Names that a module exports without a doc comment, each traced to its declaration. */
function undocumented(file: SourceFile, unit: WorkspacePackage): readonly string[] {
  const isDocumented = (start: SourceFile, name: string): boolean => {
    const found = exportsOf(start).find((exported) => exported.name === name);
    if (found?.from === undefined) return found?.documented ?? false;
    // What another package exports is documented, and checked, there.
    if (!found.from.specifier.startsWith(".")) return true;
    const target = posix.join(posix.dirname(start.path), found.from.specifier);
    const next = unit.files.find(({ path }) => path === target);
    return next !== undefined && isDocumented(next, found.from.name);
  };
  return exportsOf(file).map(({ name }) => name).filter((name) => !isDocumented(file, name));
}

/** Every symbol that a published package exports has a doc comment; entries are explicit lists of names. */
export function tsdocProblems(workspace: Workspace): readonly string[] {
  return publishable(workspace).flatMap((unit) => Object.values(unit.manifest.exports ?? {}).flatMap((target) => {
    if (typeof target === "string") return [];
    const path = (target["types"] ?? "").replace("./dist/", "src/").replace(/\.d\.ts$/, ".ts");
    const entry = unit.files.find((file) => file.path === path);
    if (entry === undefined) return [`${unit.folder}: ${path} is missing, though package.json exports ${target["types"]}`];
    return undocumented(entry, unit).map((name) => `${unit.folder}/${path}: ${name} has no doc comment`);
  }));
}
