import { expect, test } from "vitest";
import { BridgeError } from "@bridge/core/backend";
import { generateSshKeyPair } from "@bridge/core/keys";
import { PlatformFailure } from "./fixtures/fake-platform.ts";
import { bench, contextOf, envelope, grant } from "./fixtures/setting.ts";

const quick = { facts: { readyTimeoutSeconds: 2 } };
const other = generateSshKeyPair().privateKey;

test.concurrent("a wrong host key is retried until the right one is shown", async () => {
  const { backend, platform } = bench();
  platform.machineOptions = () => ({ onConnection: (count) => (count <= 3 ? { hostPrivateKey: other } : "ssh") });
  await backend.provision(grant(), envelope(), contextOf().context);
  expect(platform.machine.connections).toBe(4);
});

test.concurrent("a host key that stays wrong is host_key_mismatch, and the machine is told nothing", async () => {
  const { backend, platform } = bench(quick);
  platform.machineOptions = () => ({ onConnection: () => ({ hostPrivateKey: other }) });
  const { context, events } = contextOf();
  await expect(backend.provision(grant(), envelope(), context)).rejects.toMatchObject({ code: "host_key_mismatch", outcome: "exists", ref: { instanceId: "m-1" } });
  expect(platform.machine).toMatchObject({ statuses: 0, startVerbs: 0 });
  expect(platform.machine.connections).toBeGreaterThan(2);
  expect(events).not.toContain("onReady");
});

test.concurrent("a host key that stays wrong is host_key_mismatch also when the machine cannot be listed any more", async () => {
  const { backend, platform } = bench(quick);
  platform.machineOptions = () => ({ onConnection: (count) => {
    platform.onList = async () => { throw new PlatformFailure("slow down", { code: "rate_limited" }); };
    return count > 0 ? { hostPrivateKey: other } : "ssh";
  } });
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "host_key_mismatch", outcome: "exists" });
});

test.concurrent.for(["banner", "hang-up"] as const)("a machine that only does: %s, is not ready", async (what) => {
  const { backend, platform } = bench(quick);
  platform.machineOptions = () => ({ onConnection: () => what });
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "timeout", outcome: "exists" });
});

test.concurrent("the last thing seen decides: a mismatch followed by silence is a timeout", async () => {
  const { backend, platform } = bench(quick);
  platform.machineOptions = () => ({ onConnection: (count) => (count === 1 ? { hostPrivateKey: other } : "hang-up") });
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "timeout", outcome: "exists" });
});

test.concurrent("a machine that does not accept the control key is not ready", async () => {
  const { backend, platform } = bench(quick);
  platform.machineOptions = () => ({ controlPublicKey: generateSshKeyPair().publicKey });
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "timeout", message: expect.stringMatching(/authentication/) });
});

test.concurrent.for(["refuse", "garbage"] as const)("a control channel that does not answer yet (%s) is asked again", async (what) => {
  const { backend, platform } = bench();
  platform.machineOptions = () => ({ onStatus: (count) => (count <= 2 ? what : "ok") });
  await backend.provision(grant(), envelope(), contextOf().context);
  expect(platform.machine).toMatchObject({ statuses: 3, startVerbs: 1 });
});

test.concurrent("a lost answer to start is not a second start", async () => {
  const { backend, platform } = bench();
  platform.machineOptions = () => ({ loseStartAnswer: () => true });
  const { context, events } = contextOf();
  const instance = await backend.provision(grant(), envelope(), context);
  expect(platform.machine.startVerbs).toBe(1);
  expect(events.filter((event) => event === "onReady")).toHaveLength(1);
  expect(instance.startedAt).toBe(Math.floor((platform.machine.status.startedAtMs ?? 0) / 1000));
});

test.concurrent("a workload that has already exited is ready, not started again", async () => {
  const { backend, platform } = bench();
  platform.onCreate = async (make) => {
    const made = await make();
    platform.machine.status = { version: 1, state: "exited", user: "bridge", startedAtMs: 5_000, exitCode: 0 };
    return made;
  };
  expect(await backend.provision(grant(), envelope(), contextOf().context)).toMatchObject({ startedAt: 5 });
  expect(platform.machine.startVerbs).toBe(0);
});

test.concurrent("an onReady that fails ends the provision; nothing is started", async () => {
  const { backend, platform } = bench();
  const onReady = async () => {
    throw new BridgeError("unavailable", "the ledger does not answer");
  };
  await expect(backend.provision(grant(), envelope(), contextOf({ onReady }).context)).rejects.toMatchObject({ code: "unavailable", message: "the ledger does not answer", outcome: "exists" });
  expect(platform.machine.startVerbs).toBe(0);
});

test.concurrent.for(["ending", "ended"] as const)("a machine that is %s while it boots is unavailable", async (state) => {
  const { backend, platform } = bench();
  platform.bootedAs = { state };
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "unavailable", outcome: "exists", ref: { instanceId: "m-1" } });
});

test.concurrent("a machine that ends while SSH does not answer yet is unavailable without waiting for the timeout", async () => {
  const { backend, platform } = bench({ facts: { readyTimeoutSeconds: 30 } });
  platform.machineOptions = () => ({
    onConnection: (count) => {
      if (count === 3) platform.change("m-1", { state: "ended" });
      return "hang-up";
    },
  });
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "unavailable", message: expect.stringMatching(/ended/) });
});

test.concurrent("a created machine that stale lists do not show is waited for; one absent over settleSeconds is gone", async () => {
  const { backend, platform } = bench({ facts: { settleSeconds: 1 } });
  let stale = 5;
  platform.onList = async (things) => (platform.creates.length > 0 && stale-- > 0 ? [] : things);
  await backend.provision(grant(), envelope(), contextOf().context);
  const gone = bench({ facts: { settleSeconds: 0.3, readyTimeoutSeconds: 30 } });
  gone.platform.onList = async () => [];
  await expect(gone.backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "unavailable", outcome: "exists", message: expect.stringMatching(/gone/) });
});

test.concurrent("a machine that never runs is a timeout", async () => {
  const { backend, platform } = bench({ facts: { readyTimeoutSeconds: 0.3 } });
  platform.bootedAs = { state: "starting" };
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "timeout", outcome: "exists" });
});

test.concurrent("lists that fail while a machine boots are tried again; at the timeout they are unavailable with the cause", async () => {
  const { backend, platform } = bench();
  let failures = 2;
  const down = new PlatformFailure("down", { code: "unavailable" });
  platform.onList = async (things) => {
    if (platform.creates.length > 0 && failures-- > 0) throw down;
    return things;
  };
  await backend.provision(grant(), envelope(), contextOf().context);
  const broken = bench(quick);
  broken.platform.onList = async (things) => {
    if (broken.platform.creates.length > 0) throw down;
    return things;
  };
  await expect(broken.backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "unavailable", outcome: "exists", cause: { cause: down } });
});

test.concurrent("a list that our credentials may not see ends the wait at once", async () => {
  const { backend, platform } = bench({ facts: { readyTimeoutSeconds: 30 } });
  platform.onList = async (things) => {
    if (platform.creates.length > 0) throw new PlatformFailure("denied", { code: "forbidden" });
    return things;
  };
  await expect(backend.provision(grant(), envelope(), contextOf().context)).rejects.toMatchObject({ code: "forbidden", outcome: "exists" });
});

test.concurrent("where TDX is required, a machine that the platform does not confirm as a trust domain is not started", async () => {
  const { backend, platform } = bench();
  const required = grant({ manifest: { ...grant().manifest, tdx: "required" } });
  await expect(backend.provision(required, envelope(), contextOf().context)).rejects.toMatchObject({ code: "unsupported", outcome: "exists" });
  expect(platform.machine.connections).toBe(0);
  const capable = bench();
  capable.platform.bootedAs = { tdx: true };
  expect(await capable.backend.provision(required, envelope(), contextOf().context)).toMatchObject({ tdx: "requested" });
});
