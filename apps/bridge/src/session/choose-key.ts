import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { BridgeError, type Envelope } from "@bridge/core";
import { generateSshKeyPair } from "@bridge/core/keys";

/** The SSH key of a session. */
export interface ChosenKey {
  /** With the public key in it, unless Bridge derives one. */
  readonly envelope: Envelope;
  readonly makeRequesterKey: boolean;
  /** Made for this session. */
  readonly privateKey?: string;
  /** The requester's own, where it lies beside the public one. */
  readonly identityPath?: string;
}

/** The requester's own key if there is one, a derived one with `--make-key`, else one for this session. @throws BridgeError `invalid_option` */
export function chooseKey(envelope: Envelope, { sshKey, makeKey = false }: { readonly sshKey?: string; readonly makeKey?: boolean }): ChosenKey {
  if (envelope.sshPublicKey !== undefined) {
    if (makeKey) throw new BridgeError("invalid_option", "--make-key: there is an SSH key already");
    const identityPath = sshKey?.endsWith(".pub") ? resolve(sshKey.slice(0, -".pub".length)) : undefined;
    return { envelope, makeRequesterKey: false, ...(identityPath !== undefined && existsSync(identityPath) ? { identityPath } : {}) };
  }
  if (makeKey) return { envelope, makeRequesterKey: true };
  const { publicKey, privateKey } = generateSshKeyPair();
  return { envelope: { ...envelope, sshPublicKey: publicKey }, makeRequesterKey: false, privateKey };
}
