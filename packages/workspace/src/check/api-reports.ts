import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel, type ExtractorMessage } from "@microsoft/api-extractor";
import { type Workspace, type WorkspacePackage, root } from "../workspace.ts";

/** Packages that authors of backends build on: their public surface changes on purpose only. */
const reportedPackages = ["@bridge/core", "@bridge/backend-kit", "@bridge/conformance"];
const reportFolder = "docs/api";

const updateCommand = "npm run check -- --update-api";

interface Entry {
  /** Name of its report: `core.api.md`, `core-backend.api.md`. */
  readonly report: string;
  /** Absolute path of its declarations. */
  readonly declarations: string;
  readonly unit: WorkspacePackage;
}

function entriesOf(unit: WorkspacePackage): readonly Entry[] {
  return Object.entries(unit.manifest.exports ?? {}).flatMap(([name, target]) => {
    const types = typeof target === "string" ? undefined : target["types"];
    if (types === undefined) return [];
    const report = `${unit.folder.replace(/^.*\//, "")}${name.slice(1).replaceAll("/", "-")}.api.md`;
    return [{ report, declarations: join(root, unit.folder, types), unit }];
  });
}

function configOf({ report, declarations, unit }: Entry, reports: string, temporary: string): ExtractorConfig {
  const folder = join(root, unit.folder);
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, "package.json"),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declarations,
      // The extractor brings a compiler of its own, which reads what ours has emitted.
      compiler: { overrideTsconfig: { extends: join(root, "tsconfig.base.json"), compilerOptions: { rootDir: "dist" }, files: [declarations] } },
      newlineKind: "lf",
      apiReport: { enabled: true, reportFileName: report, reportFolder: reports, reportTempFolder: temporary, includeForgottenExports: true },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          // Documentation is the layout's; release tags nobody uses; what is reached but not exported stands in the report.
          default: { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}

/** What changed in one report, as lines with their signs. */
function differences(before: string, after: string): readonly string[] {
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  const gone = old.filter((line) => !fresh.includes(line)).map((line) => `  - ${line}`);
  const come = fresh.filter((line) => !old.includes(line)).map((line) => `  + ${line}`);
  return [...gone, ...come].slice(0, 20);
}

const read = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");
const reportedOf = ({ packages }: Workspace) => packages.filter(({ manifest }) => reportedPackages.includes(manifest.name));

/** Names of reports that no entry has. */
function staleReports(workspace: Workspace, reports: string): readonly string[] {
  const known = reportedOf(workspace).flatMap(entriesOf).map(({ report }) => report);
  return (existsSync(reports) ? readdirSync(reports) : []).filter((name) => !known.includes(name));
}

/** Writes the reports of what authors build on. Throws an Error when the declarations cannot be read. */
export async function updateApiReports(workspace: Workspace, reports = join(root, reportFolder)): Promise<void> {
  mkdirSync(reports, { recursive: true });
  for (const name of staleReports(workspace, reports)) rmSync(join(reports, name));
  const problems = await reportPackages(workspace, reports, true);
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

/** Compares the public surface of what authors build on with the reports of a folder. */
export async function apiReportProblems(workspace: Workspace, reports = join(root, reportFolder)): Promise<readonly string[]> {
  const stale = staleReports(workspace, reports).map((name) => `${reportFolder}/${name} reports on no entry: ${updateCommand}`);
  return [...await reportPackages(workspace, reports, false), ...stale];
}

async function reportPackages(workspace: Workspace, reports: string, update: boolean): Promise<readonly string[]> {
  const temporary = await mkdtemp(join(tmpdir(), "bridge-api-"));
  try {
    return reportedOf(workspace).flatMap((unit) => reportPackage(unit, reports, temporary, update));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** One compilation for all entries of a package. */
function reportPackage(unit: WorkspacePackage, reports: string, temporary: string, update: boolean): readonly string[] {
  const prepared = entriesOf(unit).map((entry) => ({ ...entry, config: configOf(entry, reports, temporary) }));
  const [first] = prepared;
  if (first === undefined) return [`${unit.folder} has no entry with types`];
  const compilerState = CompilerState.create(first.config, { additionalEntryPoints: prepared.map(({ declarations }) => declarations) });
  return prepared.flatMap(({ report, config }) => {
    const errors: string[] = [];
    const messageCallback = (message: ExtractorMessage) => {
      message.handled = true;
      if (message.logLevel === ExtractorLogLevel.Error) errors.push(message.formatMessageWithLocation(root));
    };
    const { apiReportChanged } = Extractor.invoke(config, { localBuild: update, compilerState, messageCallback });
    if (update || !apiReportChanged) return errors;
    const changes = differences(read(config.reportFilePath), read(config.reportTempFilePath));
    return [...errors, `${reportFolder}/${report} is not what the package exports; if that is meant: ${updateCommand}\n${changes.join("\n")}`];
  });
}
