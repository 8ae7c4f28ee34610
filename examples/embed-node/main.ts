/** Bridge inside a program of your own: it leases a machine, says how to reach it, waits for its end, and stops. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { local } from "@bridge/backend-local";
import { Controller, type SshAccessReceipt } from "@bridge/controller";
import type { ComputeGrant } from "@bridge/core";
import { generateSshKeyPair, knownHostsLine } from "@bridge/core/keys";

const masterSecret = process.env["BRIDGE_MASTER_SECRET"];
if (masterSecret === undefined) throw new Error("set BRIDGE_MASTER_SECRET, for example to the output of: openssl rand -hex 32");
// Keep both: the ledger knows the machines, and only this secret opens the ledger.
const folder = resolve("state");
await mkdir(folder, { recursive: true, mode: 0o700 });

await using controller = await Controller.open({
  owner: "embed-node", providerId: "me", masterSecret, backends: [local({ stateDirectory: join(folder, "local") })], ledger: { file: join(folder, "ledger.db") },
});
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());
// What an earlier run left unfinished is taken up again.
await controller.start();

const nowSeconds = Math.floor(Date.now() / 1000);
const grant: ComputeGrant = {
  requestId: `example-${Date.now()}`, issuer: "me", providerId: "me", validFrom: nowSeconds, validTo: nowSeconds + 300,
  manifest: { cpuMillicores: 500, ramMib: 256, storageGib: 0, arch: "amd64", tdx: "none", regions: [] },
};
const key = generateSshKeyPair();
const { requestKey } = await controller.submitTrusted(grant, { sshPublicKey: key.publicKey, command: ["sh", "-c", "sleep 4; exit 3"] });
console.log(`accepted ${requestKey}`);

try {
  const { receipt } = await controller.waitFor(requestKey, "running", interrupted);
  if (receipt !== undefined) {
    // A compact JWS; it would be sealed had the envelope brought a `requesterKey`.
    const { user, host, port, hostKey } = JSON.parse(Buffer.from(receipt.split(".")[1] ?? "", "base64url").toString()) as SshAccessReceipt;
    const [identity, knownHosts] = [join(folder, "id"), join(folder, "known_hosts")];
    await writeFile(identity, key.privateKey, { mode: 0o600 });
    await writeFile(knownHosts, `${knownHostsLine({ host, port, hostKey })}\n`);
    console.log(`ssh -i ${identity} -o UserKnownHostsFile=${knownHosts} -o StrictHostKeyChecking=yes -p ${port} ${user}@${host}`);
  }
  const { result } = await controller.waitFor(requestKey, "settled", interrupted);
  console.log(JSON.stringify(result, undefined, 2));
} catch (error) {
  if (!interrupted.signal.aborted) throw error;
  // Leave this out, and the machine lives on until its deadline: the next run watches it again.
  await controller.cancel(requestKey);
  await controller.waitFor(requestKey, "settled");
  console.log("cancelled");
}
