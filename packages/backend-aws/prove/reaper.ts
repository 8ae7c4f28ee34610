import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerEngine } from "../../workspace/src/container-engine.ts";
import { type CommandResult, runCommand } from "../../workspace/src/run-command.ts";
import { root } from "../../workspace/src/workspace.ts";
import { owner } from "./launches.ts";

/**
 * Makes a folder of somebody who only reaps: a boot config with owner and backend, without a master secret. The backend is
 * the example for podman, to which the instances' tags are labels.
 */
export function reaperIn(folder: string, { command, image }: ContainerEngine): (...parameters: readonly string[]) => Promise<CommandResult> {
  cpSync(join(root, "examples/backend-podman/src"), join(folder, "backend"), { recursive: true });
  mkdirSync(join(folder, "node_modules/@bridge"), { recursive: true });
  for (const [name, path] of [["@bridge/core", "packages/core"], ["@bridge/backend-kit", "packages/backend-kit"], ["zod", "packages/backend-aws/node_modules/zod"]] as const) {
    symlinkSync(join(root, path), join(folder, "node_modules", name));
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "bridge.yaml"), JSON.stringify({ owner, providerId: "prove", backends: [{ use: "./backend/index.ts", options: { command, image } }] }));
  return (...parameters) => runCommand(process.execPath, [join(root, "apps/bridge/bin/bridge.js"), ...parameters], { folder, timeoutSeconds: 120 });
}
