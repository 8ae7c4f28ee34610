import { expect, test } from "vitest";
import { caught } from "./fixtures/caught.ts";
import { envelope, grantOf, keptEvents, startedOn, stillPlatform } from "./fixtures/setting.ts";
import { smallDisk } from "./fixtures/small-disk.ts";
import { soon } from "./fixtures/soon.ts";

test("on a full disk nothing is half done; once there is space again everything goes on", async ({ skip }) => {
  using disk = smallDisk();
  if (disk === undefined) return skip("needs permission to mount");
  const platform = stillPlatform();
  await using controller = await startedOn(platform, { ledger: { file: `${disk.path}/ledger` } });
  const events = keptEvents(controller);
  const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
  await controller.waitFor(requestKey, "running");
  await controller.sweep();
  disk.fill();

  expect(await caught(() => controller.submitTrusted(grantOf("refused"), envelope))).toMatchObject({ code: "unavailable", message: expect.stringContaining("disk is full") });
  expect((await controller.overview()).grants).toMatchObject({ accepted: 0, running: 1 });
  expect(platform.machines()).toHaveLength(1);

  platform.exit(requestKey, 5);
  await soon(() => expect(events.map(({ type }) => type)).toContain("delayed"));
  expect(await controller.status(requestKey)).toMatchObject({ state: "running" });

  disk.free();
  await soon(async () => {
    await platform.advance(5);
    expect(await controller.status(requestKey)).toMatchObject({ state: "settled", result: { usage: { exit: { reason: "exited", code: 5 } } } });
  });
  const { requestKey: later } = await controller.submitTrusted(grantOf("refused"), envelope);
  expect(await controller.waitFor(later, "running")).toMatchObject({ state: "running" });
  expect(events.filter(({ type }) => type === "settled")).toHaveLength(1);
});

test("a disk that is full while a machine is made makes no second one", async ({ skip }) => {
  using disk = smallDisk();
  if (disk === undefined) return skip("needs permission to mount");
  const platform = stillPlatform();
  let isFull = false;
  await using controller = await startedOn(platform, {
    ledger: { file: `${disk.path}/ledger` },
    probe: ({ kind, moment }) => {
      if (kind !== "created" || moment !== "before" || isFull) return;
      isFull = true;
      disk.fill();
    },
  });
  const events = keptEvents(controller);
  const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
  await soon(() => expect(events.map(({ type }) => type)).toContain("delayed"));
  disk.free();
  await soon(async () => {
    await platform.advance(2);
    expect(await controller.status(requestKey)).toMatchObject({ state: "running", attempts: [{ attempt: 1 }] });
  });
  expect(platform.books(requestKey, 1)).toEqual({ createRequests: 1, machines: 1, starts: 1 });
});
