import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { type AuthorizedKey, parseAuthorizedKey } from "./authorized-key.ts";

/** An account that the user data makes. */
export interface BootUser {
  readonly name: string;
  readonly keys: readonly AuthorizedKey[];
  /** As in sudoers: `ALL=(root) NOPASSWD: …`. */
  readonly sudo: string;
}

/** What a machine learns at its first boot; all of it from its user data. */
export interface BootInput {
  /** OpenSSH private keys. */
  readonly hostKeys: readonly string[];
  readonly users: readonly BootUser[];
  readonly files: ReadonlyMap<string, { readonly content: string; readonly permissions: string }>;
  /** Words of each command that runs once the machine is up. */
  readonly commands: readonly (readonly string[])[];
}

interface CloudConfig {
  readonly ssh_keys?: Readonly<Record<string, string>>;
  readonly users?: readonly (string | { readonly name: string; readonly sudo?: string; readonly ssh_authorized_keys?: readonly string[] })[];
  readonly write_files?: readonly { readonly path: string; readonly content?: string; readonly permissions?: string }[];
  readonly runcmd?: readonly (string | readonly string[])[];
}

/**
 * Reads user data as cloud-init would: plain or gzipped, `#cloud-config`, YAML 1.1.
 *
 * @throws Error saying why cloud-init could make nothing of it.
 */
export function readBootInput(userData: Uint8Array): BootInput {
  const plain = userData[0] === 0x1f && userData[1] === 0x8b ? gunzipSync(userData) : userData;
  const text = new TextDecoder("utf-8", { fatal: true }).decode(plain);
  if (!text.startsWith("#cloud-config\n")) throw new Error("the user data does not begin with #cloud-config");
  const document: unknown = parse(text, { version: "1.1" });
  if (typeof document !== "object" || document === null) throw new Error("the user data holds no mapping");
  // Of another shape it fails below, as it would in cloud-init.
  const config = document as CloudConfig;
  const files = (config.write_files ?? []).map(({ path, content = "", permissions = "0644" }) => {
    // A plain 0755 is a number in YAML 1.1, and then no longer these permissions.
    if (typeof permissions !== "string") throw new Error(`the permissions of ${path} are no string`);
    return [path, { content, permissions }] as const;
  });
  return {
    hostKeys: Object.entries(config.ssh_keys ?? {}).filter(([name]) => name.endsWith("_private")).map(([, key]) => key),
    users: (config.users ?? []).flatMap((user) => (typeof user === "string" ? [] : [{
      name: user.name, sudo: user.sudo ?? "",
      keys: (user.ssh_authorized_keys ?? []).flatMap((line) => parseAuthorizedKey(line) ?? []),
    }])),
    files: new Map(files),
    commands: (config.runcmd ?? []).map((command) => (typeof command === "string" ? command.split(" ") : command)),
  };
}
