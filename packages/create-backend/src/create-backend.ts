import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BridgeError } from "@bridge/core/backend";
import { type BackendNames, backendNames } from "./backend-names.ts";
import { newManifest, type OwnManifest } from "./manifest.ts";

/** A backend that was made. */
export interface CreatedBackend extends BackendNames {
  /** Absolute path. */
  readonly path: string;
}

// The same from src and from dist.
const packagePath = fileURLToPath(new URL("..", import.meta.url));

/**
 * Makes a new backend package in a folder of its own.
 *
 * @param given name of the platform, or of the package
 * @param parent folder in which the new one is made. Default: the current one
 * @throws BridgeError `invalid_option`: no legal name, or the folder exists and is not empty.
 */
export function createBackend(given: string, parent = "."): CreatedBackend {
  const names = backendNames(given);
  const path = resolve(parent, names.folder);
  requireEmpty(path);
  const template = join(packagePath, "template");
  for (const entry of readdirSync(template, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name);
    if (!entry.isFile() || source.slice(template.length).includes("node_modules")) continue;
    // npm leaves files out of packages by these names, so the template has them with an underscore.
    const target = join(path, source.slice(template.length + 1).replace(/^_/, "."));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, named(readFileSync(source, "utf8"), names));
  }
  // Our own package.json, of a shape that we know.
  const own = JSON.parse(readFileSync(join(packagePath, "package.json"), "utf8")) as OwnManifest;
  writeFileSync(join(path, "package.json"), `${JSON.stringify(newManifest(names, own), undefined, 2)}\n`);
  return { ...names, path };
}

function requireEmpty(path: string): void {
  let entries: readonly string[] = [];
  try {
    entries = readdirSync(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code !== "ENOENT") throw new BridgeError("invalid_option", `${path} cannot be used: ${String(cause)}`, { cause });
  }
  if (entries.length > 0) throw new BridgeError("invalid_option", `the folder ${path} exists and is not empty`);
}

/** Puts the names in place of the template's. */
function named(text: string, { packageName, platform, pascal, upper }: BackendNames): string {
  return text.replaceAll("acme-package-name", () => packageName).replaceAll("Acme", () => pascal).replaceAll("ACME", () => upper).replaceAll("acme", () => platform);
}
