import { existsSync } from "node:fs";
import { join } from "node:path";
import { layoutRules } from "../layout/rules.ts";
import { runCommand } from "../run-command.ts";
import { type Workspace, root } from "../workspace.ts";
import { apiReportProblems } from "./api-reports.ts";
import { packageProblems } from "./packages.ts";

/** One part of `npm run check`; gives its problems, each ready to be printed. */
export interface CheckPart {
  readonly name: string;
  problems(workspace: Workspace): Promise<readonly string[]>;
}

const configuration = "packages/workspace";

async function toolProblems(program: string, parameters: readonly string[]): Promise<readonly string[]> {
  const { code, output } = await runCommand(program, parameters);
  return code === 0 ? [] : [output];
}

async function typeProblems({ packages }: Workspace): Promise<readonly string[]> {
  const found = await Promise.all(packages.map(async ({ folder, files }) => {
    const project = `${folder}/tsconfig.test.json`;
    if (!existsSync(join(root, project))) return [`${project} is missing: nothing checks the types of ${folder}`];
    const { code, output } = await runCommand("tsc", ["-p", project, "--listFiles"]);
    const seen = new Set(output.split("\n"));
    const unseen = files.filter(({ path }) => path.endsWith(".ts") && !path.includes("/fixtures/") && !seen.has(join(root, folder, path)));
    const problems = unseen.map(({ path }) => `${folder}/${path} is not covered by ${project}`);
    return code === 0 ? problems : [...problems, output.split("\n").filter((line) => !line.startsWith(root)).join("\n")];
  }));
  return found.flat();
}

/** All parts, in the order in which they run. */
export const checkParts: readonly CheckPart[] = [
  { name: "lint", problems: () => toolProblems("oxlint", ["--type-aware", "--deny-warnings", "-c", `${configuration}/oxlintrc.json`, "packages", "apps", "bench"].filter((name) => name !== "bench" || existsSync(join(root, name)))) },
  { name: "types", problems: typeProblems },
  { name: "unused code", problems: () => toolProblems("knip", ["--config", `${configuration}/knip.json`, "--no-progress", "--no-config-hints"]) },
  { name: "workspace", problems: () => toolProblems("sherif", []) },
  { name: "packages", problems: packageProblems },
  { name: "api", problems: (workspace) => apiReportProblems(workspace) },
  { name: "layout", problems: async (workspace) => Object.entries(layoutRules).flatMap(([rule, problemsOf]) => problemsOf(workspace).map((problem) => `${rule}: ${problem}`)) },
];
