import { fileURLToPath } from "node:url";
import { tagNames } from "@bridge/core/backend";
import { defaultAccessKey, startEc2Process } from "@bridge/fake-clouds";
import { Ec2Trap } from "./ec2-trap.ts";
import type { FirstAttempt, Site, SiteOptions } from "./site.ts";

const plugin = fileURLToPath(new URL("../../../backend-aws/test/fixtures/fast-plugin.ts", import.meta.url));
const { accessKeyId, secretAccessKey } = defaultAccessKey;

/** Lists are so old: longer than the look after a lost answer, within what the plugin's facts say. */
const readLagSeconds = 0.3;
/** An answer that is lost for `unknown` takes effect so much later. */
const lateSeconds = 0.8;
const noCapacity = { kind: "error", status: 500, code: "InsufficientInstanceCapacity" } as const;
const effectOf = (firstAttempt: FirstAttempt, isAnswerLost: boolean) => {
  if (firstAttempt === "refused") return noCapacity;
  if (firstAttempt === "unknown") return { kind: "lose answer", afterSeconds: lateSeconds } as const;
  return isAnswerLost ? { kind: "lose answer" } as const : undefined;
};

/** The AWS backend on a fake EC2 in a process of its own, whose lists are stale and which loses the first create's answer half of the time. Its books are the truth. */
export async function ec2Site({ firstAttempt, seed }: SiteOptions): Promise<Site> {
  const { control, endpoint, sshPort, close } = await startEc2Process();
  await control.configure({ readLagSeconds });
  const effect = effectOf(firstAttempt, seed % 2 === 0);
  if (effect !== undefined) await control.addFault({ action: "RunInstances", effect });
  const trap = new Ec2Trap(control);
  await trap.listen();
  return {
    backends: [{ use: plugin, name: "aws", options: { regions: ["eu-west-1"], instanceTypes: ["t3.micro"], endpoint, sshPort, credentials: { accessKeyId, secretAccessKey } } }],
    trap: trap.endpoint,
    // EC2 tells whole seconds.
    offBySeconds: 1 + readLagSeconds,
    slowBySeconds: 8,
    set kill(kill: () => void) { trap.kill = kill; },
    // Not more: several lists may be further apart than lists are stale.
    hideOnce: () => control.addFault({ action: "DescribeInstances", listsOnly: true, effect: { kind: "stale" } }),
    made: async () => (await control.books()).instances.map(({ tags, launchedAtMs: madeAtMs, endedAtMs }) => ({
      requestKey: tags[tagNames.request] ?? "", attempt: Number(tags[tagNames.attempt]), madeAtMs, ...(endedAtMs === undefined ? {} : { endedAtMs }),
    })),
    left: async () => (await control.books()).things.map(({ kind, id, note }) => `${kind} ${id} (${note})`),
    wrong: async () => (await control.violations()).map(({ action, path, problem }) => `${action} ${path}: ${problem}`),
    close: async () => {
      await trap.close();
      await close();
    },
  };
}
