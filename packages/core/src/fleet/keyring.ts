import { BridgeError } from "../errors/bridge-error.ts";
import { masterSecretBytes } from "../keys/key-pair.ts";
import type { FleetOptions } from "./fleet-options.ts";

/** The master secrets of an installation by key version: one that new attempts use, and those of older attempts. */
export interface Keyring {
  /** The version that new attempts use. */
  readonly version: number;
  /** @throws BridgeError `invalid_option` for a version that is not configured. */
  secretOf(version: number): Uint8Array | string;
}

/** @throws BridgeError `invalid_option` for a version that is no positive integer, or a secret that is too short. */
export function createKeyring({ masterSecret, keyVersion = 1, retiredSecrets = {} }: Pick<FleetOptions, "masterSecret" | "keyVersion" | "retiredSecrets">): Keyring {
  const secrets = new Map(Object.entries(retiredSecrets).map(([version, secret]) => [Number(version), secret]));
  if (secrets.has(keyVersion)) throw new BridgeError("invalid_option", `keyVersion: ${keyVersion} is also the version of a retired secret; give the current one a higher number`);
  secrets.set(keyVersion, masterSecret);
  for (const [version, secret] of secrets) {
    if (!Number.isSafeInteger(version) || version < 1) throw new BridgeError("invalid_option", `keyVersion: must be a positive integer, not ${version}`);
    masterSecretBytes(secret);
  }
  return {
    version: keyVersion,
    secretOf: (version) => {
      const secret = secrets.get(version);
      if (secret !== undefined) return secret;
      throw new BridgeError("invalid_option", `the master secret of key version ${version} is not configured; attempts that began under it need it as retiredSecrets[${version}]`);
    },
  };
}
