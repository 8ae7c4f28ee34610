import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseSync } from "oxc-parser";
import { root, trackedFiles } from "../workspace.ts";

/** A script that proves one promise. */
export interface Proof {
  readonly name: string;
  /** From the top. */
  readonly path: string;
  /** The promise: first line of the file's first doc comment. */
  readonly promise: string;
}

const mayBeProof = (path: string) => /^(packages\/[^/]+|apps\/[^/]+|bench)\/prove\/[^/]+\.ts$/.test(path);

/** The promise with which a proof's source begins; undefined for a file that is a part of other proofs and begins otherwise. */
export function promiseOf(path: string, source: string): string | undefined {
  const { comments, module } = parseSync(path, source);
  const [first] = comments;
  if (first === undefined || first.start !== 0 || first.type !== "Block" || !first.value.startsWith("*")) return undefined;
  if (module.staticExports.length > 0) throw new Error(`${path}: a proof is a script that is run, not a module with exports`);
  return first.value.split("\n").map((line) => line.replace(/^\s*\*+\s?/, "").trim()).find((line) => line !== "");
}

/** All proofs, by name. Throws an Error when two have the same name. */
export function readProofs(): readonly Proof[] {
  const proofs = trackedFiles().filter(mayBeProof).flatMap((path) => {
    const promise = promiseOf(path, readFileSync(join(root, path), "utf8"));
    return promise === undefined ? [] : [{ name: basename(path, ".ts"), path, promise }];
  });
  const twice = proofs.find(({ name }, index) => proofs.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw new Error(`two proofs are called ${twice.name}`);
  return proofs.sort((a, b) => (a.name < b.name ? -1 : 1));
}
