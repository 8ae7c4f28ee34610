import { dirname, resolve } from "node:path";
import { readFile } from "node:fs/promises";
import { Fleet } from "@bridge/core";
import { type BootConfig, loadBootConfig, type LoadOptions } from "@bridge/core/boot";
import { readText } from "../input/read-text.ts";
import type { Output } from "../output/output.ts";
import { importPlugin } from "./import-plugin.ts";
import { type ConfigOptions, locateConfig } from "./locate-config.ts";

/** A Fleet as the boot config says. */
export interface OpenedFleet {
  readonly fleet: Fleet;
  readonly config: BootConfig;
  /** The boot config's path. */
  readonly path: string;
}

/**
 * Loads the boot config and makes the Fleet; asks no platform.
 *
 * @param load `masterSecret: "unused"` for commands that derive no key
 * @throws BridgeError `invalid_config` and others with all problems, path and line.
 */
export async function openFleet(options: ConfigOptions, output: Output, load: LoadOptions = {}): Promise<OpenedFleet> {
  const path = locateConfig(options);
  const folder = dirname(resolve(path));
  const config = await loadBootConfig({
    text: await readText(path, { code: "invalid_config", subject: "the boot config" }),
    path,
    env: process.env,
    readFile: (file) => readFile(resolve(folder, file), "utf8"),
    importPlugin: (use) => importPlugin(use, folder),
  }, load);
  return { fleet: Fleet.fromBootConfig(config, { log: output.log }), config, path };
}
