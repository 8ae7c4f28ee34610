import { Visitor, parseSync } from "oxc-parser";
import { type SourceFile, type Workspace, sourcesOf } from "../workspace.ts";
import { importsOf, packageOf } from "./imports.ts";

const forbiddenGlobals = ["console", "fetch", "setInterval", "WebSocket", "XMLHttpRequest"];
const forbiddenModules = /^node:(child_process|cluster|dgram|dns|fs|http|https|http2|net|process|readline|repl|sqlite|tls|tty|worker_threads)(\/|$)/;
const backendNames = /\b(aws|ec2|gcp|gce|azure|bare[- ]?metal|backend-local)\b/i;

/** The backend that a name in code names, if any; `awsClient` names one, a sentence for people (white space in it) may. */
function backendNamedBy(name: string): string | undefined {
  return /\s/.test(name) ? undefined : backendNames.exec(name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2"))?.[0];
}

function purityProblemsOf(file: SourceFile): readonly string[] {
  const problems: string[] = [];
  const refuseBackendName = (text: string) => {
    const named = backendNamedBy(text);
    if (named !== undefined) problems.push(`names a backend: ${named}`);
  };
  new Visitor({
    Identifier: ({ name }) => {
      if (forbiddenGlobals.includes(name)) problems.push(`uses ${name}`);
      refuseBackendName(name);
    },
    Literal: ({ value }) => {
      if (typeof value === "string") refuseBackendName(value);
    },
    TemplateElement: ({ value }) => refuseBackendName(value.raw),
    MemberExpression: ({ object, property }) => {
      const isEnvironment = object.type === "Identifier" && object.name === "process" && property.type === "Identifier" && property.name === "env";
      if (isEnvironment) problems.push("reads process.env");
    },
  }).visit(parseSync(file.path, file.text).program);
  for (const { specifier } of importsOf(file)) {
    if (forbiddenModules.test(specifier)) problems.push(`imports ${specifier}`);
    if (packageOf(specifier) === "yaml" && !file.path.startsWith("src/boot/")) problems.push("imports yaml outside of src/boot");
  }
  return problems;
}

/** Core holds no I/O of its own, no console, no environment, no timers that start by themselves, no backend's name; yaml only for the boot config. */
export function corePurityProblems({ packages }: Workspace): readonly string[] {
  const unit = packages.find(({ manifest }) => manifest.name === "@bridge/core");
  if (unit === undefined) return ["there is no @bridge/core"];
  const dependencies = Object.keys({ ...unit.manifest.dependencies, ...unit.manifest.peerDependencies });
  const extra = dependencies.filter((dependency) => dependency !== "yaml").map((dependency) => `${unit.folder}: depends on ${dependency}; yaml is its only dependency`);
  return [...extra, ...sourcesOf(unit).flatMap((file) => purityProblemsOf(file).map((problem) => `${unit.folder}/${file.path}: ${problem}`))];
}
