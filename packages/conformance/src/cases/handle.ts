import { canonicalJson, decodeInstance, decodeRef, encodeInstance, type ErrorCode, refOf } from "@bridge/core";
import { inspect } from "node:util";
import { claim, same } from "../claim.ts";
import type { ConformanceCase } from "../conformance-case.ts";

/** What is handed back, and that it can be stored; that every failure is a BridgeError of the right code. */
export const handleCases: readonly ConformanceCase[] = [
  {
    name: "the handle describes the machine of the attempt",
    rule: "handle",
    why: "The receipt, the watch and the end are made from it.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const { entry, grant, requestKey, placement, keys, intentAtMs } = attempt.content;
      const expected = {
        backend: entry.name, scope: placement.scope, requestKey, attempt: 1, intentAtMs, region: placement.region, providerId: grant.providerId, keyPublic: keys.requesterPublicKey,
      };
      for (const [key, value] of Object.entries(expected)) same(Reflect.get(instance, key), value, `${key} of the handle`);
      if (instance.hostKeyProvenance === "injected") same(instance.hostKey, keys.host.publicKey, "hostKey of the handle, which was injected");
      claim(/^(ssh|ecdsa)-\S+ \S+$/.test(instance.hostKey), "hostKey is no OpenSSH line without a comment");
      claim(instance.publicHost !== "" && instance.user !== "" && instance.instanceId !== "", "publicHost, user or instanceId is empty");
      claim(Number.isInteger(instance.sshPort) && instance.sshPort > 0 && instance.sshPort < 65_536, `sshPort is ${instance.sshPort}`);
      claim(Number.isSafeInteger(instance.startedAt) && Math.abs(instance.startedAt - session.almanac.msToTick(session.patience.now())) < 600, `startedAt is ${instance.startedAt}, which is not about now in ticks`);
      same(JSON.stringify(instance.placement), JSON.stringify(placement), "placement of the handle");
    },
  },
  {
    name: "the handle survives being stored, and serves another process",
    rule: "handle",
    why: "Between provision and terminate lie days and restarts.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const read = decodeInstance(encodeInstance(instance));
      same(canonicalJson(read), canonicalJson(instance), "the handle that was stored and read");
      const backend = session.freshBackend();
      const [listed] = await session.liveMachines(attempt, 1, backend);
      same(read.instanceId, listed?.instanceId, "instanceId of the stored handle");
      await session.terminate(decodeRef(JSON.parse(JSON.stringify(refOf(read)))), backend);
      await session.liveMachines(attempt, 0);
    },
  },
  {
    name: "the handle shows no private key",
    rule: "secrets",
    why: "Handles are logged, stored and sent around.",
    run: async (session) => {
      const { instance } = await session.machine();
      session.secrets.hear("the handle", instance);
      const shown = `${inspect(instance, { depth: 20, showHidden: true })}${JSON.stringify(instance)}${encodeInstance(instance, { includePrivateKey: true })}`;
      claim(!shown.includes("PRIVATE KEY"), "the handle holds a private key; only the caller has one, and adds it");
    },
  },
  {
    name: "errors name the backend, the operation and a code of the table",
    rule: "handle",
    why: "Routing, retries and people decide by the code.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const { backend } = session;
      const elsewhere = { ...attempt.ref(instance.instanceId), scope: "a-scope-of-somebody-else" };
      const { placement } = attempt.content;
      const displaced = (await session.attempt()).with({ placement: { ...placement, scope: "a-scope-of-somebody-else" } });
      const calls: readonly (readonly [string, ErrorCode, () => Promise<unknown>])[] = [
        ["terminate", "wrong_scope", () => backend.terminate(elsewhere)],
        ["watchUntilExit", "wrong_scope", () => backend.watchUntilExit(elsewhere, attempt.content.grant.validTo, { signal: session.signal })],
        ["provision", "wrong_scope", () => session.provisionUnaudited(displaced)],
      ];
      for (const [operation, code, call] of calls) {
        const error = await session.failure(session.patience.within(session.called(call), session.seconds.provision, `${operation}()`), `${operation}() in a scope that is not held`, [code]);
        same(error.backend, session.entry.name, `backend of the error of ${operation}()`);
        same(error.operation, operation, `operation of the error of ${operation}()`);
      }
    },
  },
  {
    name: "no secret is in any error, its causes, or the log",
    rule: "secrets",
    why: "Errors and logs travel to places that keys and environments must not reach.",
    run: async (session) => {
      const { attempt } = await session.machine();
      const { envelope, keys } = attempt.content;
      const password = session.secrets.make("the password of the registry");
      const changed = { ...envelope, environment: { ...envelope.environment, TOKEN: session.secrets.make("a token in the environment") }, pullCredentials: { username: "somebody", password } };
      const failures: readonly Promise<unknown>[] = [
        session.provision(attempt.with({ envelope: changed })),
        session.provision(attempt.with({ keys: { ...keys, requesterPublicKey: "no key at all" } })),
        session.provision(attempt, { onReady: () => Promise.reject(new Error("the caller fails")) }),
        session.provision(attempt, { signal: AbortSignal.abort() }),
      ];
      await Promise.allSettled(failures);
      await session.subject.controls?.refuseCreate?.("quota_exceeded");
      await session.provision(attempt.next()).catch((error: unknown) => error);
      // What was heard is looked through when the case ends, as after every case.
      const leaks = session.secrets.leaks();
      claim(leaks.length === 0, leaks.join("\n"));
    },
  },
];
