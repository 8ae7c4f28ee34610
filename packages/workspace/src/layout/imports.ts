import { Visitor, parseSync } from "oxc-parser";
import type { SourceFile } from "../workspace.ts";

/** One module that a file asks for. */
export interface ImportedModule {
  readonly specifier: string;
  /** `type`: erased when built. `lazy`: by `import()`. */
  readonly kind: "static" | "type" | "lazy";
}

/** The package that a specifier names: `@bridge/core` for `@bridge/core/backend`; undefined for relative and `node:` ones. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return undefined;
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

/** All modules that a file imports, re-exports, loads lazily or names in a type. */
export function importsOf({ path, text }: SourceFile): readonly ImportedModule[] {
  const { module, program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new SyntaxError(`${path}: ${errors[0].message}`);
  const found: ImportedModule[] = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    found.push({ specifier: moduleRequest.value, kind: entries.length > 0 && entries.every(({ isType }) => isType) ? "type" : "static" });
  }
  for (const entry of module.staticExports.flatMap(({ entries }) => entries)) {
    if (entry.moduleRequest !== null) found.push({ specifier: entry.moduleRequest.value, kind: entry.isType ? "type" : "static" });
  }
  new Visitor({
    ImportExpression: ({ source }) => {
      if (source.type === "Literal" && typeof source.value === "string") found.push({ specifier: source.value, kind: "lazy" });
    },
    TSImportType: ({ source }) => void found.push({ specifier: source.value, kind: "type" }),
  }).visit(program);
  return found;
}
