import { fileURLToPath } from "node:url";
import { encodeTags, tagNames } from "@bridge/core/backend";
import { generateSshKeyPair } from "@bridge/core/keys";
import { InstrumentedPlatform } from "./instrumented-platform.ts";
import type { Site, SiteOptions } from "./site.ts";

const plugin = fileURLToPath(new URL("../../../create-backend/template/test/fast-plugin.ts", import.meta.url));
const foreignLedger = "l00000000000000aa";

/** An HTTP platform on loopback, with machines of others on it. Its inventory is the book. */
export async function httpSite({ owner, firstAttempt }: SiteOptions): Promise<Site> {
  const door = new InstrumentedPlatform(firstAttempt);
  await door.listen();
  const { inventory, token } = door.platform;
  // Their deadlines have passed: only who they belong to protects them.
  const planted = [{ owner: "somebody-else", ledgerId: foreignLedger }, { owner, ledgerId: foreignLedger }].map((whose, index) => {
    const labels = encodeTags({ ...whose, backend: "cloud", requestKey: `${"a".repeat(25)}${"bc"[index]}`, attempt: 1, deadlineMs: Date.now() - 3_600_000 });
    const userData = JSON.stringify({ ssh_keys: { ed25519_private: generateSshKeyPair().privateKey }, users: [], write_files: [] });
    return inventory.make({ name: `planted-${index}`, region: "north", size: "small", labels, userData, deleteAtMs: Date.now() + 3_600_000 })?.id ?? "";
  });
  const isOurs = (id: string) => !planted.includes(id);
  return {
    backends: [{ use: plugin, name: "cloud", options: { endpoint: door.endpoint, token } }],
    trap: `${door.endpoint}/-`,
    set kill(kill: () => void) { door.kill = kill; },
    made: async () => inventory.made.filter(({ api: { id } }) => isOurs(id)).map(({ api: { id, labels, createdAtMs, offAtMs } }) => {
      const endedAtMs = offAtMs ?? door.deletedAtMs.get(id);
      return {
        requestKey: labels[tagNames.request] ?? "", attempt: Number(labels[tagNames.attempt]), madeAtMs: createdAtMs,
        ...(endedAtMs === undefined ? {} : { endedAtMs }),
      };
    }),
    left: async () => [...inventory.machines.keys()].filter(isOurs).map((id) => `machine ${id}`).concat([...inventory.volumes.keys()].map((id) => `volume ${id}`)),
    wrong: async () => planted.filter((id) => !inventory.machines.has(id)).map((id) => `machine ${id} of somebody else is gone`),
    close: () => door.close(),
  };
}
