import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument as parseYaml, visit } from "yaml";
import type { BootProblem } from "./boot-problems.ts";

/** A text read as YAML (which JSON is a part of). */
export interface ParsedDocument {
  /** Plain JSON; undefined when the text cannot be understood. */
  readonly value: unknown;
  readonly problems: readonly BootProblem[];
  /** The line of a path such as `backends[0].use`, or of the nearest thing around it. */
  lineOf(path: string): number | undefined;
}

const mostSyntaxProblems = 20;

/** The parser's words without what it quotes: that could be a secret. */
const withoutQuotation = (message: string): string => message.replace(/:\s.*$/s, "");

/** Reads YAML or JSON. Duplicate keys, unknown tags and aliases that multiply without end are problems. */
export function parseDocument(text: string): ParsedDocument {
  const lineCounter = new LineCounter();
  const lineAt = (offset: number) => Math.max(1, lineCounter.linePos(offset).line);
  const document = parseYaml(text, { lineCounter, stringKeys: true, prettyErrors: false, resolveKnownTags: false });
  const problems: BootProblem[] = [...document.errors, ...document.warnings].slice(0, mostSyntaxProblems).map(({ code, message, pos }) => ({
    code: "invalid_config", path: "", line: lineAt(pos[0]),
    message: code === "DUPLICATE_KEY" ? "this key is there twice" : code === "MULTIPLE_DOCS" ? "holds more than one YAML document" : `is not valid YAML: ${withoutQuotation(message)}`,
  }));
  for (const alias of unresolvedAliases(document)) {
    problems.push({ code: "invalid_config", path: "", line: lineAt(alias.range?.[0] ?? 0), message: `the alias *${alias.source} has no anchor before it` });
  }
  const lines = new Map<string, number>();
  const lineOf = (path: string): number | undefined => {
    for (let at = path; at !== ""; at = at.replace(/(^|\.)[^.[\]]*$|\[\d+\]$/, "")) {
      const line = lines.get(at);
      if (line !== undefined) return line;
    }
    return lines.get("");
  };
  if (problems.some(({ message }) => message !== "this key is there twice")) return { value: undefined, problems, lineOf };
  try {
    // Through JSON: no cycles, no shared parts, nothing but plain data.
    const value: unknown = JSON.parse(JSON.stringify(document.toJS()));
    if (document.contents !== null) noteLines(document.contents, { document, lineAt, lines, path: "" });
    return { value, problems, lineOf };
  } catch {
    return { value: undefined, problems: [...problems, { code: "invalid_config", path: "", line: 1, message: "its aliases refer to themselves, or multiply without end" }], lineOf };
  }
}

function unresolvedAliases(document: Document): readonly Alias[] {
  const found: Alias[] = [];
  visit(document, { Alias: (_key, alias) => void (alias.resolve(document) === undefined && found.push(alias)) });
  return found;
}

/** Notes the line of every path; what an alias stands for is at the alias. */
function noteLines(node: Node, { document, lineAt, lines, path, fixedLine }: {
  document: Document; lineAt: (offset: number) => number; lines: Map<string, number>; path: string; fixedLine?: number;
}): void {
  const line = fixedLine ?? lineAt(node.range?.[0] ?? 0);
  if (!lines.has(path)) lines.set(path, line);
  const deeper = (next: Node, at: string, keepLine?: number) =>
    noteLines(next, { document, lineAt, lines, path: at, ...(keepLine === undefined ? {} : { fixedLine: keepLine }) });
  if (isAlias(node)) {
    const target = node.resolve(document);
    if (target !== undefined) deeper(target, path, line);
  } else if (isSeq<Node>(node)) {
    for (const [index, item] of node.items.entries()) deeper(item, `${path}[${index}]`, fixedLine);
  } else if (isMap<Node, Node | null>(node)) {
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : "";
      const at = path === "" ? name : `${path}.${name}`;
      if (!lines.has(at)) lines.set(at, fixedLine ?? lineAt(key.range?.[0] ?? 0));
      if (value !== null) deeper(value, at, fixedLine);
    }
  }
}
