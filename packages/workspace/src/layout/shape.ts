import { type Workspace, type WorkspacePackage, sourcesOf } from "../workspace.ts";

const requiredAtTop = [
  ".changeset", ".ci", ".gitignore", "CONTRIBUTING.md", "LICENSE", "README.md", "apps", "docs", "examples", "package.json", "packages",
  "pnpm-lock.yaml", "pnpm-workspace.yaml", "tsconfig.base.json", "turbo.json",
];
const allowedAtTop = [...requiredAtTop, "bench"];

/** The top level is fixed. */
export function topLevelProblems({ topLevel }: Workspace): readonly string[] {
  return [
    ...requiredAtTop.filter((name) => !topLevel.includes(name)).map((name) => `${name} is missing at the top`),
    ...topLevel.filter((name) => !allowedAtTop.includes(name)).map((name) => `${name} may not stand at the top`),
  ];
}

const maximumLines = 300;
const medianLines = 80;
const linesOf = (text: string) => text.replace(/\n$/, "").split("\n").length;

function sizeProblemsOf(unit: WorkspacePackage): readonly string[] {
  const sizes = sourcesOf(unit).map(({ path, text }) => ({ path, lines: linesOf(text) })).sort((a, b) => a.lines - b.lines);
  const tooLong = sizes.filter(({ lines }) => lines > maximumLines).map(({ path, lines }) => `${unit.folder}/${path}: ${lines} lines; at most ${maximumLines}`);
  const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0;
  return median < medianLines ? tooLong : [...tooLong, `${unit.folder}: the median source has ${median} lines; it must be under ${medianLines}`];
}

/** One idea a file: no source above 300 lines, and a median under 80 in every package. */
export function sizeProblems({ packages }: Workspace): readonly string[] {
  return packages.flatMap(sizeProblemsOf);
}

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
const nameless = /^(utils?|helpers?|common|misc|shared)$/;

/** Files and folders of code are kebab-case, and named for what they hold. */
export function nameProblems({ packages }: Workspace): readonly string[] {
  return packages.flatMap(({ folder, files }) => files.filter(({ path }) => /\.(ts|mts|mjs|js)$/.test(path)).flatMap(({ path }) => {
    const parts = path.split("/");
    return [
      ...parts.filter((part) => !kebabCase.test(part)).map((part) => `${folder}/${path}: ${part} is not kebab-case`),
      ...parts.filter((part) => nameless.test(part.split(".")[0] ?? "")).map((part) => `${folder}/${path}: ${part} says nothing`),
    ];
  }));
}
