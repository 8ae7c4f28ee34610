import { problemsError } from "../codec/decoder.ts";
import type { Problem } from "../errors/bridge-error.ts";
import { offeredPlatforms, packageOfPlatform } from "./offered-backends.ts";
import type { SecretReference } from "./secret-reference.ts";
import { readWrittenConfig } from "./written-config.ts";

/** What a first boot config is made of. */
export interface DefaultBootConfig {
  readonly owner: string;
  readonly providerId: string;
  /** Platforms that this project has a backend for, by their short name; other packages and paths as they are. */
  readonly backends: readonly string[];
  /** Default `{ env: "BRIDGE_MASTER_SECRET" }`. */
  readonly masterSecret?: SecretReference;
}

/**
 * The text of a first boot config, with comments. Platforms of this project come first, the local one last of them; then
 * the others as they were given.
 *
 * @throws BridgeError `invalid_option` with all problems.
 */
export function defaultBootConfigText({ owner, providerId, backends, masterSecret = { env: "BRIDGE_MASTER_SECRET" } }: DefaultBootConfig): string {
  const asked = [...new Set(backends)];
  const uses = [
    ...offeredPlatforms.filter((platform) => asked.includes(platform) || asked.includes(packageOfPlatform(platform))).map(packageOfPlatform),
    ...asked.filter((use) => !offeredPlatforms.some((platform) => use === platform || use === packageOfPlatform(platform))),
  ];
  const problems: Problem[] = [];
  readWrittenConfig({ owner, providerId, masterSecret, backends: uses.map((use) => ({ use })) }, problems);
  if (problems.length > 0) throw problemsError("invalid_option", "what the boot config is made of", problems);
  // JSON texts are YAML texts, whatever characters they hold.
  return `# Boot config of Bridge. \`bridge check\` shows all problems with it at once.

# Names this installation; tagged on everything that it creates. Do not change it while machines live.
owner: ${JSON.stringify(owner)}
# Grants name the provider that they are for; those for another one are refused.
providerId: ${JSON.stringify(providerId)}
# The keys of all machines are derived from it: at least 32 bytes, made for example with \`openssl rand -hex 32\`.
# Secrets are references, { env: NAME } or { file: path }; here and anywhere in the options of a backend.
masterSecret: ${referenceText(masterSecret)}
# After a failed attempt: "next" tries the next backend, "never" gives up.
# fallback: next

# The first backend that can serve a grant gets it: the order is your order of preference.
backends:${uses.length === 0 ? " []\n" : "\n"}${uses.map(entryText).join("")}`;
}

const referenceText = (reference: SecretReference): string =>
  ("env" in reference ? `{ env: ${JSON.stringify(reference.env)} }` : `{ file: ${JSON.stringify(reference.file)} }`);

const entryText = (use: string): string => `  - use: ${JSON.stringify(use)}
    # name: ${use.split(/[-/]/).at(-1)?.replace(/\.\w+$/, "") || "name"} # what logs, tags and instances call it
    # What it offers and needs; its README lists the options.
    options: {}
    # What an hour costs, for \`bridge plan\`:
    # rates: { currency: EUR, cpuCoreHour: 0.04, ramGibHour: 0.005 }
`;
