import { BridgeError } from "@bridge/core/backend";

/** All names that are made from the one that the author gives. */
export interface BackendNames {
  /** `bridge-backend-acme`; a scoped name as it was given. */
  readonly packageName: string;
  /** Short name of the platform, for logs and tags: `acme`. */
  readonly platform: string;
  /** For types and functions: `Acme`. */
  readonly pascal: string;
  /** For environment variables: `ACME`. */
  readonly upper: string;
  /** Folder that is made: the package's name without its scope. */
  readonly folder: string;
}

const prefix = "bridge-backend-";
/** What `defineBackend` takes as a name. */
const platformPattern = /^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/;
const scopePattern = /^@[a-z0-9][a-z0-9._-]*$/;

/**
 * Makes the names. `acme` and `bridge-backend-acme` mean the same.
 *
 * @throws BridgeError `invalid_option`: not a name that npm and Bridge take.
 */
export function backendNames(given: string): BackendNames {
  const [scope, base = ""] = given.startsWith("@") ? given.split(/\/(.*)/s) : [undefined, given];
  const platform = base.startsWith(prefix) ? base.slice(prefix.length) : base;
  if (!platformPattern.test(platform) || (scope !== undefined && !scopePattern.test(scope))) {
    throw new BridgeError("invalid_option", `"${given}" cannot be the name of a backend: use lower-case letters, digits and hyphens, at most 32, beginning with a letter, such as acme or @me/acme`);
  }
  const words = platform.split("-").filter((word) => word !== "");
  return {
    packageName: scope === undefined ? `${prefix}${platform}` : `${scope}/${base}`,
    platform,
    pascal: words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(""),
    upper: words.join("_").toUpperCase(),
    folder: scope === undefined ? `${prefix}${platform}` : base,
  };
}
