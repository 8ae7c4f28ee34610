import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { BridgeError } from "@bridge/core";
import { defaultBootConfigText } from "@bridge/core/boot";
import { type ConfigOptions, defaultConfigPath } from "../config/locate-config.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Output, OutputOptions } from "../output/output.ts";

/** Options of `bridge init`. */
export interface InitOptions extends ConfigOptions, OutputOptions {
  readonly backend?: readonly string[];
  readonly owner?: string;
  readonly provider: string;
  readonly force?: true;
}

const secretName = "bridge.secret";
const leastSecretBytes = 32;

const isExisting = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EEXIST";

/** Writes a new file; says whether there was none before. */
async function writeNew(path: string, text: string, mode: number): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx", mode, flush: true });
    return true;
  } catch (error) {
    if (isExisting(error)) return false;
    throw new BridgeError("invalid_option", `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** A secret once written is never replaced: the keys of machines that live are derived from it. */
async function provideSecret(path: string): Promise<boolean> {
  if (await writeNew(path, `${randomBytes(leastSecretBytes).toString("hex")}\n`, 0o600)) return true;
  if ((await readFile(path, "utf8")).trim().length >= leastSecretBytes) return false;
  throw new BridgeError("invalid_config", `${path} exists but holds no secret of ${leastSecretBytes} characters; look at it, and remove it if nothing lives that was made with it`);
}

/** Writes a boot config and its secret. Refuses to overwrite a config unless forced to. */
export async function init({ config: path = defaultConfigPath, backend = ["local"], owner = `bridge-${randomBytes(4).toString("hex")}`, provider, force }: InitOptions, output: Output): Promise<ExitCode> {
  const text = defaultBootConfigText({ owner, providerId: provider, backends: backend, masterSecret: { file: secretName } });
  const secretPath = join(dirname(path), secretName);
  const isNewSecret = await provideSecret(secretPath);
  if (force) await writeFile(path, text, { flush: true });
  else if (!(await writeNew(path, text, 0o666))) throw new BridgeError("invalid_option", `${path} exists; --force replaces it and keeps the secret`);
  const written = [path, ...(isNewSecret ? [secretPath] : [])];
  const named = relative(".", path) === defaultConfigPath ? "" : ` --config ${path}`;
  output.result({ written, owner, providerId: provider, backends: backend }, [
    `wrote ${written.join(" and ")}${isNewSecret ? "" : `; kept ${secretPath}`}`,
    "The secret can be read by you only. Keep it: the keys of machines are derived from it.",
    "",
    "Next:",
    `  bridge check${named}`,
    `  bridge plan${named} grant.json                     a grant for provider "${provider}"; creates nothing`,
    `  bridge provision${named} grant.json -- echo hello  makes a machine, and ends it`,
  ]);
  return 0;
}
