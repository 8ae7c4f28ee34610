import type { ProvisionContext } from "../backend/v1.ts";
import { encodeTags } from "../backend/tags.ts";
import type { ComputeGrant, Envelope, InstanceRef, Log, ProvisionedInstance, SshKeyPair } from "../backend/words.ts";
import { BridgeError } from "../errors/bridge-error.ts";
import { createInstance } from "../instance/create-instance.ts";
import { refOf } from "../instance/instance-codec.ts";
import { deriveSeed, deriveSshKeyPair } from "../keys/key-pair.ts";
import type { AttemptOptions, AttemptRecord } from "./fleet-options.ts";
import type { GuardedHooks } from "./hooks.ts";
import type { Keyring } from "./keyring.ts";
import type { FleetMember } from "./members.ts";

/** What all attempts of a Fleet have in common. */
export interface AttemptSetting {
  readonly owner: string;
  readonly ledgerId: string;
  readonly keyring: Keyring;
  readonly log: Log;
  readonly now: () => number;
}

/** The key with which the machine of an attempt authenticates the exit that it reports; it needs no salt, so that a later watch has it too. */
export function exitMacOf(masterSecret: Uint8Array | string, { requestKey, attempt }: Pick<InstanceRef, "requestKey" | "attempt">): Uint8Array {
  return deriveSeed(masterSecret, new Uint8Array(), ["exit-mac", requestKey, attempt]);
}

/** The ref of an attempt before the platform has answered. */
export function refOfAttempt({ backend, placement, requestKey, attempt, intentAtMs }: AttemptRecord): InstanceRef {
  return { backend, scope: placement.scope, placement, requestKey, attempt, intentAtMs };
}

const secretOf = ({ keyVersion = 1 }: AttemptRecord, { keyring }: AttemptSetting): Uint8Array | string => keyring.secretOf(keyVersion);

function contextOf(record: AttemptRecord, requesterPublicKey: string, setting: AttemptSetting, options: AttemptOptions, hooks: GuardedHooks): ProvisionContext {
  const { attempt, requestKey, placement, intentAtMs, deadlineMs, backend } = record;
  const { owner, ledgerId, log, now } = setting;
  const masterSecret = secretOf(record, setting);
  const derive = (purpose: "ssh-host" | "ssh-control") =>
    deriveSshKeyPair({ masterSecret, salt: Buffer.from(record.salt, "base64"), purpose, requestKey, attempt });
  const signal = options.signal ?? new AbortController().signal;
  return {
    attempt, requestKey, placement, intentAtMs, deadlineMs, signal, log,
    keys: { host: derive("ssh-host"), control: derive("ssh-control"), requesterPublicKey, exitMac: exitMacOf(masterSecret, record) },
    tags: encodeTags({ owner, ledgerId, backend, requestKey, attempt, deadlineMs }),
    mayCreate: () => {
      if (signal.aborted) throw new BridgeError("aborted", "the caller ended the call before the machine was created", { outcome: "none" });
      if (now() >= deadlineMs) throw new BridgeError("grant_expired", "the grant expired before the machine was created", { outcome: "none" });
      hooks.mayCreate(record);
    },
    onCreated: async (ref) => hooks.onCreated(refOf(ref)),
    onReady: async (ref) => hooks.onReady(refOf(ref)),
    progress: (stage) => options.onProgress?.(stage, record),
  };
}

/** Runs one attempt at one backend and checks that the answer belongs to it. */
export async function runAttempt({ member, record, grant, envelope, setting, options, hooks }: {
  member: FleetMember; record: AttemptRecord; grant: ComputeGrant; envelope: Envelope; setting: AttemptSetting; options: AttemptOptions; hooks: GuardedHooks;
}): Promise<ProvisionedInstance> {
  const { requestKey, attempt } = record;
  const made: SshKeyPair | undefined = envelope.sshPublicKey === undefined
    ? deriveSshKeyPair({ masterSecret: secretOf(record, setting), salt: Buffer.from(record.salt, "base64"), purpose: "ssh-user", requestKey, attempt })
    : undefined;
  const requesterPublicKey = envelope.sshPublicKey ?? made?.publicKey ?? "";
  const instance = await member.backend.provision(grant, { ...envelope, sshPublicKey: requesterPublicKey }, contextOf(record, requesterPublicKey, setting, options, hooks));
  if (instance.backend !== record.backend || instance.requestKey !== requestKey || instance.attempt !== attempt) {
    throw new BridgeError("internal", `backend "${record.backend}" answered with an instance of "${instance.backend}", attempt ${instance.attempt}, request ${instance.requestKey}`, { ref: refOfAttempt(record) });
  }
  if (grant.manifest.tdx === "required" && instance.tdx !== "requested") {
    throw new BridgeError("internal", `backend "${record.backend}" made a machine without Intel TDX for a grant that requires it`, { outcome: "exists", ref: refOf(instance) });
  }
  return createInstance(instance, made?.privateKey);
}
