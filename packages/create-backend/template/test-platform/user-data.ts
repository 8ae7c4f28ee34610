import { parse } from "yaml";

/** What a machine learns at its first boot. */
export interface BootInput {
  readonly hostPrivateKey: string;
  /** OpenSSH line of the control account's key. */
  readonly controlPublicKey: string;
  readonly requestKey: string;
  readonly attempt: number;
  /** The requester's account. */
  readonly user: string;
  /** When the guest's own timer powers the machine off. */
  readonly powerOffAtMs: number;
}

interface CloudConfig {
  readonly ssh_keys: { readonly ed25519_private: string };
  readonly users: readonly { readonly name: string; readonly ssh_authorized_keys?: readonly string[] }[];
  readonly write_files: readonly { readonly path: string; readonly content: string }[];
}

/** Reads cloud-init user data as cloud-init would, as far as this platform's machines need it. */
export function readUserData(userData: string): BootInput {
  // The kit wrote it; where it is of another shape, this throws and the test fails.
  const config = parse(userData) as CloudConfig;
  const [line = ""] = config.users.find(({ name }) => name === "bridge-control")?.ssh_authorized_keys ?? [];
  const facts = config.write_files.find(({ path }) => path === "/etc/bridge/machine.json")?.content ?? "{}";
  const { requestKey, attempt, user, powerOffAtMs } = JSON.parse(facts) as Pick<BootInput, "requestKey" | "attempt" | "user" | "powerOffAtMs">; // the kit's, too
  // The line begins with the options of the forced command; the key is the rest.
  return { hostPrivateKey: config.ssh_keys.ed25519_private, controlPublicKey: line.slice(line.indexOf("ssh-ed25519 ")), requestKey, attempt, user, powerOffAtMs };
}
