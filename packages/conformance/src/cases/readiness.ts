import { claim, same } from "../claim.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Session } from "../session.ts";
import { probeSsh } from "../ssh-probe.ts";

const always = Number.MAX_SAFE_INTEGER;

/** A machine that never shows its own key is never ready; the caller learns of it with all that it needs to clean up. */
async function claimNeverReady(session: Session, what: string, codes: readonly string[]): Promise<void> {
  const attempt = await session.attempt();
  const startedMs = session.patience.now();
  const error = await session.failure(session.provision(attempt), `provision() of a machine that shows ${what}`, codes);
  const tookSeconds = (session.patience.now() - startedMs) / 1000;
  same(attempt.count("onReady"), 0, `calls of onReady though the machine shows ${what}`);
  same(await session.subject.controls?.starts?.(attempt.ref()) ?? 0, 0, `starts of the workload on a machine that shows ${what}`);
  same(error.outcome, "exists", "outcome");
  claim(error.ref?.instanceId !== undefined, "the error has no ref with the machine's id");
  claim(tookSeconds >= session.facts.readyTimeoutSeconds * 0.9, `it gave up after ${tookSeconds} s; facts.readyTimeoutSeconds is ${session.facts.readyTimeoutSeconds}`);
}

/** Rule 3: what ready means. */
export const readinessCases: readonly ConformanceCase[] = [
  {
    name: "SSH answers with the host key of the handle in the moment in which provision resolves",
    rule: 3,
    why: "The requester connects at once, and must be able to tell the machine from an impostor.",
    differs: "ssh",
    run: async (session) => {
      const { instance } = await session.machine();
      const { hostKey, error } = await probeSsh(instance, session.requester.privateKey);
      claim(hostKey !== undefined, `no SSH key exchange at ${instance.publicHost}:${instance.sshPort}: ${error}`);
      same(hostKey, instance.hostKey, "the host key that the machine shows");
    },
  },
  {
    name: "the requester's key opens the account of the handle, and no other key does",
    rule: 3,
    why: "A machine that its requester cannot enter is useless; one that others can is worse.",
    differs: "login",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const { loggedIn, error } = await probeSsh(instance, session.requester.privateKey);
      claim(loggedIn, `${instance.user}@${instance.publicHost}:${instance.sshPort} refuses the requester's key: ${error}`);
      claim(!(await probeSsh(instance, attempt.content.keys.host.privateKey)).loggedIn, "another key is let in");
    },
  },
  {
    name: "a machine that shows another host key is never ready",
    rule: 3,
    why: "Somebody else answers at that address; the workload and its secrets would go to them.",
    needs: ["wrongHostKey"],
    run: async (session) => {
      await session.control("wrongHostKey")(always);
      await claimNeverReady(session, "another host key", ["host_key_mismatch"]);
    },
  },
  {
    name: "a machine that shows only a banner is never ready",
    rule: 3,
    why: "A port opens long before the machine can be used, and load balancers open it for nobody.",
    needs: ["bannerOnly"],
    run: async (session) => {
      await session.control("bannerOnly")(always);
      await claimNeverReady(session, "only a banner", ["timeout", "unavailable"]);
    },
  },
  {
    name: "a host key that is late is waited for",
    rule: 3,
    why: "Images boot with a key of their own before ours is put in; giving up then ends good machines.",
    needs: ["wrongHostKey"],
    run: async (session) => {
      await session.control("wrongHostKey")(2);
      const { attempt, instance } = await session.machine();
      same(instance.hostKey, attempt.content.keys.host.publicKey, "the host key of the handle");
    },
  },
  {
    name: "a machine that dies before it is ready fails, and does not hang",
    rule: 3,
    why: "A grant waits for it, and its time runs.",
    needs: ["vanish", "bannerOnly"],
    run: async (session) => {
      const attempt = await session.attempt();
      await session.control("bannerOnly")(always);
      let vanished = false;
      const work = session.provision(attempt, { onCreated: async (ref) => {
        await session.control("vanish")(ref);
        vanished = true;
      } });
      const error = await session.failure(work, "provision() of a machine that vanishes");
      claim(vanished, `provision() failed before the machine could vanish: ${error.message}`);
      claim(error.code !== "conflict" && error.code !== "host_key_mismatch", `the error is ${error.code}`);
      same(attempt.count("onReady"), 0, "calls of onReady");
    },
  },
];
