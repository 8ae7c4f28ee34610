export { deriveSeed, deriveSshKeyPair, generateSshKeyPair } from "./key-pair.ts";
export type { KeyDerivation, KeyPurpose } from "./key-pair.ts";
export { knownHostsLine, openSshPrivateKey, openSshPublicKey, parseSshPublicKey, sshFingerprint } from "./openssh.ts";
export { deriveProviderKey } from "./provider-key.ts";
