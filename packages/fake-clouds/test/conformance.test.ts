import { conformance } from "@bridge/conformance/vitest";
import { EC2Client } from "@aws-sdk/client-ec2";
import { expect } from "vitest";
import { controlsOf, Ec2Server, onCommand } from "../src/index.ts";
import plugin, { openGroup, smallClient } from "./fixtures/small-ec2-backend.ts";

await conformance(async () => {
  const server = new Ec2Server({ settings: { pageLimit: 2 } });
  await server.listen();
  const client = smallClient(server.endpoint);
  const groupId = await openGroup(client);
  client.destroy();
  let takeBack = () => {};
  return {
    plugin, pageSize: 2, options: { endpoint: server.endpoint, sshPort: server.sshPort, groupId },
    module: { url: new URL("./fixtures/small-ec2-backend.ts", import.meta.url).href },
    controls: {
      ...controlsOf(server.control),
      onCreateRequest: (listener) => {
        takeBack = onCommand(EC2Client, "RunInstancesCommand", listener);
      },
    },
    dispose: async () => {
      takeBack();
      expect(await server.control.violations()).toEqual([]);
      await server.close();
    },
  };
}, { name: "a small backend on the fake EC2, with the real SDK" });
