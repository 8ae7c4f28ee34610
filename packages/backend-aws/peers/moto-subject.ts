import type { Subject } from "@bridge/conformance";
import { tellingOwners } from "../test/fixtures/telling-owners.ts";
import { MotoMachines, motoCredentials } from "./moto-machines.ts";
import plugin from "./moto-plugin.ts";

/** Options of the backend on moto: it has Amazon's SSM alias, not Canonical's. */
export const motoOptions = (endpoint: string, sshPort: number) => ({
  regions: ["eu-west-1"], endpoint, sshPort, instanceTypes: ["t3.micro", "t3.small"], credentials: { ...motoCredentials },
  image: { ssmParameter: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64" },
});

/** The backend through its real SDK on moto; several at once share one. */
export function motoSubject(endpoint: string, sshPort: number): Subject {
  const machines = new MotoMachines(endpoint, sshPort);
  return {
    plugin: tellingOwners(plugin, machines.owners),
    options: motoOptions(endpoint, sshPort),
    module: { url: new URL("moto-plugin.ts", import.meta.url).href },
    controls: {
      machines: async (attempt) => (await machines.ofAttempt(attempt)).length,
      starts: (attempt) => machines.starts(attempt),
      things: () => machines.things(),
      leaveRemnant: (ref) => machines.leaveRemnant(ref),
      wrongHostKey: (wrongHostKeys) => machines.faults.set({ wrongHostKeys }),
      bannerOnly: (bannersOnly) => machines.faults.set({ bannersOnly }),
      loseStartAnswer: () => machines.faults.set({ lostStartAnswers: 1 }),
      heal: () => machines.faults.heal(),
    },
    dispose: async () => machines.close(),
  };
}
