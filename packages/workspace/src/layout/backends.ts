import { type Workspace, sourcesOf } from "../workspace.ts";
import { isBackend } from "./arrows.ts";
import { importsOf } from "./imports.ts";

const isSdk = (specifier: string) => /^(@aws-sdk|@google-cloud|@azure)\//.test(specifier);

/** A backend names its SDK in exactly one file, and loads it lazily; types cost nothing and may be imported there. */
export function sdkProblems({ packages }: Workspace): readonly string[] {
  return packages.filter(({ manifest }) => isBackend(manifest.name)).flatMap((unit) => {
    const uses = sourcesOf(unit).flatMap((file) => importsOf(file).filter(({ specifier }) => isSdk(specifier)).map((imported) => ({ path: file.path, ...imported })));
    const files = [...new Set(uses.map(({ path }) => path))];
    const spread = files.length > 1 ? [`${unit.folder}: the SDK is imported in ${files.join(", ")}; it must be one file`] : [];
    const eager = uses.filter(({ kind }) => kind === "static").map(({ path, specifier }) => `${unit.folder}/${path}: ${specifier} must be loaded lazily, by import()`);
    return [...spread, ...eager];
  });
}

const clouds = ["@bridge/backend-aws", "@bridge/backend-gcp", "@bridge/backend-azure"];

/** Knowing one cloud backend is knowing all: they have the same file names. */
export function cloudFileProblems({ packages }: Workspace): readonly string[] {
  const [first, ...others] = packages.filter(({ manifest }) => clouds.includes(manifest.name));
  if (first === undefined) return [];
  const names = (unit: typeof first) => sourcesOf(unit).map(({ path }) => path).sort().join(", ");
  return others.filter((other) => names(other) !== names(first)).map((other) => `${other.folder}: its files are ${names(other)}; those of ${first.folder} are ${names(first)}`);
}
