import type { WatchOptions } from "@bridge/core";
import { expect, test } from "vitest";
import { scripted } from "./fixtures/scripted-backend.ts";
import { clockOf, envelope, grantOf, startedOn, stillPlatform } from "./fixtures/setting.ts";
import { soon } from "./fixtures/soon.ts";

test("readings go on being written down when the clock is set back by half an hour", async () => {
  const platform = stillPlatform();
  let shiftMs = 0;
  let written = 0;
  let told: WatchOptions["onUsage"];
  await using controller = await startedOn(platform, {
    clock: { ...clockOf(platform), now: () => platform.now() + shiftMs },
    probe: ({ kind, moment }) => { if (kind === "sample" && moment === "after") written += 1; },
    backends: [scripted("a", {
      watchUntilExit: (_ref, _validTo, { onUsage } = {}) => {
        told = onUsage;
        return new Promise(() => {});
      },
    })],
  });
  const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
  await controller.waitFor(requestKey, "running");
  await soon(() => expect(told).toBeDefined());
  const tell = async (seconds: number) => {
    const meter = { value: seconds, source: "measured" } as const;
    const before = written;
    told?.({ wallSeconds: meter, cpuCoreSeconds: meter, ramMibSeconds: meter, networkRxBytes: meter, networkTxBytes: meter });
    await soon(() => expect(written).toBe(before + 1));
    await platform.advance(61);
  };
  await tell(60);
  shiftMs = -1_800_000;
  await tell(120);
  await tell(180);
});
