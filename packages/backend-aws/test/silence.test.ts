import { expect, it } from "vitest";
import { pluginWith } from "./fixtures/fast-plugin.ts";
import { envelope, fleetOnEc2, grantOf } from "./fixtures/fleet.ts";
import { optionsFor } from "./fixtures/subject.ts";

/** The backend with a bound of two seconds and a half for each request. */
const plugin = pluginWith({ createTimeoutSeconds: 6, timeouts: { connectMs: 2500, requestMs: 2500 } });

const actions = ["GetCallerIdentity", "DescribeInstanceTypes", "DescribeSubnets", "GetParameter", "DescribeImages", "DescribeInstances", "DescribeVolumes", "TerminateInstances"];

/** A machine's life on a cloud that never answers the first call of an action. */
async function liveWithoutAnswerTo(action: string) {
  const { server, control } = await fleetOnEc2();
  const { fleet } = await fleetOnEc2({ fleet: { backends: [{ plugin, options: optionsFor(server) }] } });
  await control.addFault({ action, effect: { kind: "hang", takesEffect: false } });
  const instance = await fleet.provisionForGrant(grantOf(), envelope);
  await fleet.terminate(instance);
  return {
    action, attempt: instance.attempt, left: (await control.books()).things.length,
    unanswered: (await control.calls()).filter((call) => call.action === action && call.fault === "hang").length,
  };
}

it("a call that is never answered is asked again, whichever it is, and holds up nobody for good", async () => {
  expect(await Promise.all(actions.map(liveWithoutAnswerTo))).toEqual(actions.map((action) => ({ action, attempt: 1, left: 0, unanswered: 1 })));
});
