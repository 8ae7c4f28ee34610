import type { BackendNames } from "./backend-names.ts";

/** What is read of our own package.json: the versions that were tested together. */
export interface OwnManifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const runtime = ["@bridge/backend-kit", "zod"];
const development = ["@bridge/conformance", "@bridge/core", "@types/node", "@types/ssh2", "oxlint", "ssh2", "typescript", "vitest", "yaml"];

/** The package.json of a new backend. */
export function newManifest({ packageName, platform }: BackendNames, own: OwnManifest): object {
  const versions: Readonly<Record<string, string>> = { ...own.devDependencies, ...own.dependencies };
  // Ours are released together; from a checkout their ranges say `workspace:`.
  const rangeOf = (name: string) => (name.startsWith("@bridge/") ? `^${own.version}` : versions[name]);
  const pick = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, rangeOf(name)]));
  return {
    name: packageName,
    version: "0.1.0",
    description: `Bridge backend for ${platform}.`,
    license: "Apache-2.0",
    keywords: ["bridge-backend"],
    type: "module",
    sideEffects: false,
    engines: { node: ">=22.18" },
    files: ["dist"],
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
    scripts: {
      build: "tsc -p tsconfig.build.json",
      lint: "oxlint --deny-warnings",
      types: "tsc",
      test: "vitest run --maxConcurrency=10",
      conformance: "bridge-conformance ./test/subject.ts",
      prepublishOnly: "npm run build",
    },
    dependencies: pick(runtime),
    peerDependencies: { "@bridge/core": rangeOf("@bridge/core") },
    devDependencies: pick(development),
    publishConfig: { access: "public", provenance: true },
  };
}
