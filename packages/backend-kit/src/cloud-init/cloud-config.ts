import type { SshKeyPair } from "@bridge/core/backend";
import { Document, isScalar, visit } from "yaml";
import { controlUser } from "../control-protocol.ts";
import { ctlScript } from "./ctl-script.ts";
import { deadlineTimer, deadlineUnit, workloadUnit } from "./units.ts";

/** Everything that user data is made of. Nothing of the requester's is in it. */
export interface UserDataInput {
  /** Ed25519. */
  readonly hostKey: SshKeyPair;
  /** OpenSSH line. */
  readonly controlPublicKey: string;
  /** Milliseconds since the Unix epoch. */
  readonly deadlineMs: number;
  readonly requestKey: string;
  readonly attempt: number;
  /** The requester's account. Default `bridge`. */
  readonly userName?: string;
}

/** Platform timers fire so long after the deadline, so that the normal path reads usage first. */
const graceMs = 300_000;
const ctl = "/usr/lib/bridge/ctl";

/** The `#cloud-config` text; the same input always gives the same text. */
export function cloudConfig({ hostKey, controlPublicKey, deadlineMs, requestKey, attempt, userName = "bridge" }: UserDataInput): string {
  const powerOffAtMs = deadlineMs + graceMs;
  const file = (path: string, content: string, permissions = "0644") => ({ path, permissions, content });
  const account = (name: string, sudo: string) => ({ name, lock_passwd: true, sudo });
  return toYaml({
    // Exactly the given host key and no other; then nobody needs to trust what is shown first.
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    ssh: { emit_keys_to_console: false },
    ssh_publish_hostkeys: { enabled: false },
    ssh_pwauth: false,
    disable_root: true,
    allow_public_ssh_keys: false,
    // Without it, sudo complains about the host name on every call.
    manage_etc_hosts: true,
    // The locale module fails on minimal images with any other.
    locale: "C.UTF-8",
    users: [
      {
        // Not `system: true`: such a user cannot be given SSH keys.
        ...account(controlUser, `ALL=(root) NOPASSWD: ${ctl} start, ${ctl} status, ${ctl} stop`),
        shell: "/bin/sh",
        // sudo clears SSH_ORIGINAL_COMMAND, so it is passed as arguments; sudoers names the only ones that are allowed.
        ssh_authorized_keys: [`restrict,command="sudo ${ctl} $SSH_ORIGINAL_COMMAND" ${controlPublicKey}`],
      },
      { ...account(userName, "ALL=(ALL) NOPASSWD:ALL"), shell: "/bin/bash" },
    ],
    write_files: [
      file("/etc/bridge/machine.json", `${JSON.stringify({ requestKey, attempt, user: userName, powerOffAtMs })}\n`),
      file(ctl, ctlScript, "0755"),
      file("/etc/systemd/system/workload.service", workloadUnit),
      file("/etc/systemd/system/bridge-deadline.service", deadlineUnit),
      file("/etc/systemd/system/bridge-deadline.timer", deadlineTimer(powerOffAtMs)),
    ],
    runcmd: [["systemctl", "daemon-reload"], [ctl, "arm"]],
  });
}

/** Every string quoted or literal: cloud-init reads YAML 1.1, in which a plain `0755` or `yes` is no string. */
function toYaml(value: object): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (key, node) => {
      if (key !== "key" && isScalar(node) && typeof node.value === "string") node.type = node.value.includes("\n") ? "BLOCK_LITERAL" : "QUOTE_DOUBLE";
    },
  });
  return `#cloud-config\n${document.toString({ lineWidth: 0 })}`;
}
