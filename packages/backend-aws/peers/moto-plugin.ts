import { createHash } from "node:crypto";
import { defineMachineBackend } from "@bridge/backend-kit";
import { z } from "zod";
import { AwsPlatform } from "../src/backend.ts";
import { optionsSchema } from "../src/config.ts";
import { awsFacts } from "../src/plugin.ts";

/** Where the machine of an instance answers; moto's own public addresses are nobody's. */
export function hostOf(instanceId: string): string {
  const [a = 0, b = 0, c = 0] = createHash("sha256").update(instanceId).digest();
  return `127.${128 + (a & 63)}.${b}.${(c % 254) + 1}`;
}

/** Calls of the backend as it is; only the addresses that moto makes up are replaced by those of the machines that stand beside it. */
export default defineMachineBackend({
  name: "aws",
  optionsSchema: optionsSchema.extend({ sshPort: z.int() }),
  facts: { ...awsFacts, settleSeconds: 0.5, createTimeoutSeconds: 5, readyTimeoutSeconds: 15 },
  isolation: "vm",
  pollSeconds: 0.2,
  connect: ({ sshPort, ...options }, services) => {
    const platform = new AwsPlatform(options, services, { sshPort });
    const list = platform.list.bind(platform);
    platform.list = async (scope, call) => (await list(scope, call)).map((raw) => (raw.host === undefined ? raw : { ...raw, host: hostOf(raw.id) }));
    return platform;
  },
});
