import { conformance } from "@bridge/conformance/vitest";
import { EC2Client } from "@aws-sdk/client-ec2";
import { expect } from "vitest";
import { controlsOf, Ec2Server, onCommand } from "../src/index.ts";
import plugin, { openGroup, smallClient } from "./fixtures/small-ec2-backend.ts";

const subject = async () => {
  const server = new Ec2Server({ settings: { pageLimit: 2 } });
  await server.listen();
  const client = smallClient(server.endpoint);
  const groupId = await openGroup(client);
  client.destroy();
  return {
    plugin, pageSize: 2, options: { endpoint: server.endpoint, sshPort: server.sshPort, groupId },
    module: { url: new URL("./fixtures/small-ec2-backend.ts", import.meta.url).href },
    controls: controlsOf(server.control, { severalScopes: true }),
    dispose: async () => {
      expect(await server.control.violations()).toEqual([]);
      await server.close();
    },
  };
};

/** Those cases that between them use every control, and the machines' every part; backends run all. */
await conformance(subject, {
  name: "a small backend on the fake EC2, with the real SDK", concurrent: true,
  only: [
    "one provision makes one machine", "is not sent again by itself", "whose answer was lost is adopted", "a create that is refused for", "a create that takes effect late", "a slow create",
    "a process that dies after the readiness", "the requester's key opens", "a host key that is late", "shows only a banner", "a start whose answer was lost",
    "terminate waits for an end", "terminate goes on when the platform refuses", "terminate removes remnants", "does not believe one list", "outlasts a create",
    "list goes on past the first page", "list that fails says so", "list of one failing scope", "list says by how much", "exits with 7", "a machine that is gone resolves as lost", "dies at its deadline though Bridge is gone",
  ],
});

await conformance(async () => {
  const made = await subject();
  let takeBack = () => {};
  return {
    ...made,
    controls: {
      ...made.controls,
      onCreateRequest: (listener) => {
        takeBack = onCommand(EC2Client, "RunInstancesCommand", listener);
      },
    },
    dispose: () => {
      takeBack();
      return made.dispose();
    },
  };
}, { name: "the step in which a command is given to the SDK", only: "in the same synchronous step" });
