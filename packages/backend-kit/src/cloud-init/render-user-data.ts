import { BridgeError, type SshKeyPair } from "@bridge/core/backend";
export interface UserDataInput {
  readonly hostKey: SshKeyPair; readonly controlPublicKey: string; readonly deadlineMs: number; readonly requestKey: string; readonly attempt: number;
}
export function renderUserData(_input: UserDataInput, _limits: { readonly maxBytes: number; readonly gzip?: boolean }): Uint8Array {
  throw new BridgeError("unsupported", "user data is not rendered yet", { outcome: "none" });
}
