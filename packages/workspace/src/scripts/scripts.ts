import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseSync } from "oxc-parser";
import { root, trackedFiles } from "../workspace.ts";

/** A proof of one promise, or a benchmark: a script that is run by its name. */
export interface Script {
  readonly name: string;
  /** From the top. */
  readonly path: string;
  /** The promise, or what is measured: first line of the doc comment with which the file begins. */
  readonly about: string;
}

/** Where scripts of each kind are; `bench/<name>-child.ts` is what a benchmark starts. */
const places = {
  prove: /^(packages\/[^/]+|apps\/[^/]+|bench)\/prove\/[^/]+\.ts$/,
  bench: /^bench\/[^/]+(?<!-child)\.ts$/,
} as const;

/** A kind of script; `npm run <kind> <name>` runs one. */
export type ScriptKind = keyof typeof places;

/**
 * What a script says of itself; undefined for a file that is a part of scripts: it begins otherwise, or exports something.
 */
export function aboutOf(path: string, source: string): string | undefined {
  const { comments, module } = parseSync(path, source);
  const [first] = comments;
  const isScript = module.staticExports.length === 0 && first?.start === 0 && first.type === "Block" && first.value.startsWith("*");
  return isScript ? first.value.split("\n").map((line) => line.replace(/^\s*\*+\s?/, "").trim()).find((line) => line !== "") : undefined;
}

/** All scripts of a kind, by name. Throws an Error when two have the same name. */
export function readScripts(kind: ScriptKind): readonly Script[] {
  const scripts = trackedFiles().filter((path) => places[kind].test(path)).flatMap((path) => {
    const about = aboutOf(path, readFileSync(join(root, path), "utf8"));
    return about === undefined ? [] : [{ name: basename(path, ".ts"), path, about }];
  });
  const twice = scripts.find(({ name }, index) => scripts.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw new Error(`two scripts are called ${twice.name}`);
  return scripts.sort((a, b) => (a.name < b.name ? -1 : 1));
}
