import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packTarball } from "../pack.ts";
import { runCommand } from "../run-command.ts";
import { type Workspace, type WorkspacePackage, publishable } from "../workspace.ts";

/** What publint and attw say about one package as it would be published. */
async function problemsOf(unit: WorkspacePackage, folder: string): Promise<readonly string[]> {
  const { file } = await packTarball(unit, folder);
  const tools = [["publint", "run", file, "--strict"], ["attw", file, "--profile", "esm-only"]] as const;
  const results = await Promise.all(tools.map(async ([program, ...parameters]) => ({ program, ...await runCommand(program, parameters) })));
  return results.filter(({ code }) => code !== 0).map(({ program, output }) => `${program} on ${unit.folder}:\n${output}`);
}

/** Packs every published package and has publint and attw look at the tarballs. */
export async function packageProblems(workspace: Workspace): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "bridge-pack-"));
  try {
    return (await Promise.all(publishable(workspace).map((unit) => problemsOf(unit, folder)))).flat();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
