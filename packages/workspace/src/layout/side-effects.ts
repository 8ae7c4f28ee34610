import { type CallExpression, type Expression, type Node, Visitor, parseSync } from "oxc-parser";
import { type SourceFile, type Workspace, sourcesOf } from "../workspace.ts";
import { importsOf } from "./imports.ts";

/** What leaves the process: members of a Fleet or a backend that call a platform. */
const platformCalls = ["capabilities", "choose", "explain", "list", "provision", "provisionAttempt", "provisionForGrant", "terminate", "watchUntilExit"];
const outerModules = /^node:(child_process|cluster|dgram|dns|fs|http|https|http2|net|readline|sqlite|timers|tls|worker_threads)(\/|$)/;
const outerGlobals = ["fetch", "setImmediate", "setInterval", "setTimeout", "WebSocket"];

/** The doors themselves, and what each may use. */
const doors: Readonly<Record<string, readonly string[]>> = {
  "src/clock.ts": ["setTimeout"],
  "src/ledger/sqlite/open-ledger.ts": ["node:fs", "node:sqlite", "setImmediate"],
  "src/side-effects.ts": ["ledger.commit"],
};

/** The last name of `work.fleet`, `this.#ledger` or `ledger`. */
function nameOf(node: Node | Expression): string | undefined {
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return node.name;
  return node.type === "MemberExpression" && !node.computed ? nameOf(node.property) : undefined;
}

const isEffect = ({ callee }: CallExpression): boolean => nameOf(callee) === "effect" && callee.type === "MemberExpression" && nameOf(callee.object) === "sideEffects";

function problemsOf(file: SourceFile): readonly string[] {
  const { path, text } = file;
  const allowed = doors[path] ?? [];
  const effects: { readonly start: number; readonly end: number }[] = [];
  const found: { readonly at: number; readonly what: string; readonly isCall?: boolean }[] = [];
  const use = (name: string, at: number) => {
    if (allowed.includes(name)) return;
    const owners = Object.keys(doors).filter((door) => doors[door]?.includes(name));
    found.push({ at, what: `uses ${name}; ${owners.length === 0 ? "nothing here" : `only ${owners.join(", ")}`} may` });
  };
  const callPlatform = (name: string | undefined, at: number) => {
    if (name !== undefined && platformCalls.includes(name)) found.push({ at, what: `calls ${name} outside of sideEffects.effect`, isCall: true });
  };
  new Visitor({
    CallExpression: (call) => {
      if (isEffect(call)) effects.push(...call.arguments.filter(({ type }) => type === "ArrowFunctionExpression" || type === "FunctionExpression"));
    },
    MemberExpression: ({ object, property, computed, start }) => {
      const name = computed ? undefined : nameOf(property);
      callPlatform(name, start);
      if (name === "commit" && nameOf(object) !== "sideEffects") use("ledger.commit", start);
      if (object.type === "Identifier" && object.name === "globalThis" && name !== undefined && outerGlobals.includes(name)) use(name, start);
    },
    // A member that is taken out by its name can be called by another.
    ObjectPattern: ({ properties, start }) => {
      for (const part of properties) if (part.type === "Property" && !part.computed) callPlatform(nameOf(part.key), start);
    },
    Identifier: ({ name, start }) => {
      if (outerGlobals.includes(name)) use(name, start);
    },
  }).visit(parseSync(path, text).program);
  for (const { specifier, kind } of importsOf(file)) if (kind !== "type" && outerModules.test(specifier)) use(specifier, 0);
  return found.filter(({ at, isCall }) => isCall !== true || !effects.some(({ start, end }) => start <= at && at < end))
    .map(({ at, what }) => `${path}:${text.slice(0, at).split("\n").length}: ${what}`);
}

/** The controller leaves its process through two doors, `SideEffects.commit` and `SideEffects.effect`, where its kill points are. */
export function sideEffectProblems({ packages }: Workspace): readonly string[] {
  return packages.filter(({ manifest }) => manifest.name === "@bridge/controller").flatMap((unit) => sourcesOf(unit).flatMap((file) => problemsOf(file).map((problem) => `${unit.folder}/${problem}`)));
}
