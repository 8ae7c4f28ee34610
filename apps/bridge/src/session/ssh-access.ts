import type { ProvisionedInstance } from "@bridge/core";
import { knownHostsLine, sshFingerprint } from "@bridge/core/keys";
import type { PrivateFolder } from "./private-folder.ts";

/** How to get into an instance with OpenSSH, with its host key known beforehand. */
export interface SshAccess {
  /** Arguments of `ssh`, without a remote command. */
  readonly parameters: readonly string[];
  /** The same as a line for a shell. */
  readonly command: string;
  /** `SHA256:…` of the host key. */
  readonly hostKeyFingerprint: string;
  readonly knownHostsPath: string;
  /** The private key's file; absent where only the requester knows it. */
  readonly identityPath?: string;
}

const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** A path as ssh_config(5) reads it. */
const configPath = (path: string): string => (/\s/.test(path) ? `"${path}"` : path);

/** Writes the known_hosts file and, where Bridge or this session made the key, the identity file. */
export async function writeSshAccess(folder: PrivateFolder, instance: ProvisionedInstance, key: { readonly privateKey?: string | undefined; readonly identityPath?: string | undefined }): Promise<SshAccess> {
  const { publicHost: host, sshPort: port, hostKey, user } = instance;
  const knownHostsPath = await folder.write("known_hosts", `${knownHostsLine({ host, port, hostKey })}\n`);
  const identityPath = key.privateKey === undefined ? key.identityPath : await folder.write("id_ed25519", key.privateKey);
  const parameters = [
    ...(identityPath === undefined ? [] : ["-i", identityPath, "-o", "IdentitiesOnly=yes"]),
    "-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${configPath(knownHostsPath)}`, "-o", "GlobalKnownHostsFile=/dev/null",
    // The user is what the machine says: it must not be read as an option.
    "-p", String(port), "--", `${user}@${host}`,
  ];
  return {
    parameters, knownHostsPath, command: ["ssh", ...parameters].map(shellWord).join(" "), hostKeyFingerprint: sshFingerprint(hostKey),
    ...(identityPath === undefined ? {} : { identityPath }),
  };
}
