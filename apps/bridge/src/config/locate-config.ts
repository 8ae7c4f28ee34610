import { existsSync } from "node:fs";
import { BridgeError } from "@bridge/core";

/** Options of the commands that need a boot config. */
export interface ConfigOptions {
  /** Path of the boot config; default `bridge.yaml` in the current folder. */
  readonly config?: string;
}

/** Where a boot config is looked for, and written to, unless told otherwise. */
export const defaultConfigPath = "bridge.yaml";

/** The path of the boot config. @throws BridgeError `invalid_config` when none was named and there is none in this folder. */
export function locateConfig({ config }: ConfigOptions): string {
  if (config !== undefined || existsSync(defaultConfigPath)) return config ?? defaultConfigPath;
  throw new BridgeError("invalid_config", `there is no ${defaultConfigPath} in this folder. \`bridge init\` writes one; --config names one elsewhere; \`bridge demo\` needs none`);
}
