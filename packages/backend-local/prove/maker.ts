// The maker of `one-machine-after-kill` and `one-machine-from-two-processes`: provisions one grant and may kill itself on the way.
import { type ComputeGrant, Fleet } from "@bridge/core";
import { deriveSshKeyPair } from "@bridge/core/keys";
import { local } from "@bridge/backend-local";

interface Order {
  readonly stateDirectory: string;
  readonly masterSecret: string;
  readonly requestId: string;
  /** Hook in which to die, with `:before` or `:after` it has awaited something. */
  readonly kill: string;
  readonly validTo: number;
}

const { stateDirectory, masterSecret, requestId, kill, validTo } = JSON.parse(process.argv[2] ?? "") as Order; // written by the proof
const die = async (hook: string) => {
  if (kill === `${hook}:before`) process.kill(process.pid, "SIGKILL");
  await new Promise(setImmediate);
  if (kill === `${hook}:after`) process.kill(process.pid, "SIGKILL");
};
const grant: ComputeGrant = {
  requestId, issuer: "prove", providerId: "prove", validFrom: 0, validTo,
  manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: process.arch === "arm64" ? "arm64" : "amd64", tdx: "none", regions: [] },
};
// The same requester each time.
const { publicKey: sshPublicKey } = deriveSshKeyPair({ masterSecret, purpose: "ssh-user", requestKey: "the requester", attempt: 1 });
const fleet = new Fleet({ owner: "prove", masterSecret, backends: [local({ stateDirectory })] });
console.log("begin");
const { instanceId, sshPort, hostKey } = await fleet.provisionForGrant(grant, { sshPublicKey, command: ["/bin/sh", "-c", "printf x >>starts; sleep 500"] }, {
  onAttempt: () => die("onAttempt"),
  mayCreate: () => { if (kill === "mayCreate") process.kill(process.pid, "SIGKILL"); },
  onCreated: () => die("onCreated"),
  onReady: () => die("onReady"),
});
console.log(JSON.stringify({ instanceId, sshPort, hostKey }));
await fleet.close();
