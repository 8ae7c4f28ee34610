import { type BridgeError } from "@bridge/core";
import { claim, same } from "../claim.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Attempt } from "../attempt.ts";
import type { Session } from "../session.ts";

/** The error says what a create left, and truly. */
async function claimHonest(session: Session, attempt: Attempt, error: BridgeError): Promise<void> {
  claim(error.outcome !== undefined, `the error (${error.code}) has no outcome; missing means unknown, so say it`);
  claim(error.backend === attempt.content.entry.name && error.operation === "provision", `the error names backend ${String(error.backend)} and operation ${String(error.operation)}`);
  const machines = await session.subject.controls?.machines?.(attempt.ref());
  if (machines !== undefined && machines > 0) claim(error.outcome !== "none", `the error (${error.code}) says outcome none, but the platform made a machine: it leaks`);
}

/** Backends never clean up: the caller does, who may also want to look first. */
async function claimStillThere(session: Session, attempt: Attempt, error: BridgeError): Promise<void> {
  same(error.outcome, "exists", "outcome");
  const [listed] = await session.liveMachines(attempt, 1);
  same(error.ref?.instanceId, listed?.instanceId, "instanceId of the error's ref");
}

/** Rule 5: every error of provision says what it left; backends never clean up. */
export const outcomeCases: readonly ConformanceCase[] = [
  ...(["no_capacity", "quota_exceeded", "unauthorized"] as const).map((code): ConformanceCase => ({
    name: `a create that is refused for ${code} leaves nothing, and says so`,
    rule: 5,
    why: "Only outcome none lets the next placement be tried at once; only the right code says whether that helps.",
    needs: ["refuseCreate"],
    run: async (session) => {
      const attempt = await session.attempt();
      await session.control("refuseCreate")(code);
      const error = await session.failure(session.provision(attempt), `provision() whose create is refused (${code})`, [code]);
      await claimHonest(session, attempt, error);
      same(error.outcome, "none", "outcome of a definitive refusal");
      await session.liveMachines(attempt, 0);
    },
  })),
  {
    name: "a create that was never answered is never outcome none",
    rule: 5,
    why: "The request may have arrived; taking it for refused makes a second machine.",
    needs: ["loseCreateRequest"],
    run: async (session) => {
      const attempt = await session.attempt();
      await session.control("loseCreateRequest")();
      const error = await session.failure(session.provision(attempt), "provision() whose create is not answered");
      await claimHonest(session, attempt, error);
      same(error.outcome, "unknown", "outcome of a request that was not answered");
    },
  },
  {
    name: "a create that takes effect late is never outcome none",
    rule: 5,
    why: "The machine comes a moment after everybody has given up.",
    needs: ["delayCreate"],
    run: async (session) => {
      const attempt = await session.attempt();
      await session.control("delayCreate")(session.facts.createTimeoutSeconds * 0.6);
      const provision = session.provision(attempt);
      const error = await provision.then(() => undefined, (thrown: unknown) => thrown);
      if (error !== undefined) await claimHonest(session, attempt, await session.failure(provision, "provision()"));
      await session.patience.sleep(session.facts.createTimeoutSeconds);
      const outcome: unknown = error === undefined ? "exists" : Reflect.get(Object(error), "outcome");
      if ((await session.listed(attempt)).length > 0) claim(outcome !== "none", "the error says outcome none, but the machine came");
    },
  },
  {
    name: "a slow create is waited for",
    rule: 5,
    why: "Platforms take their time; facts.createTimeoutSeconds says how much.",
    needs: ["slowCreate"],
    run: async (session) => {
      await session.control("slowCreate")(session.facts.createTimeoutSeconds * 0.6);
      const { attempt } = await session.machine();
      await session.liveMachines(attempt, 1);
    },
  },
  {
    name: "a machine that was never ready is left for the caller, with its ref",
    rule: 5,
    why: "A backend that cleans up by itself may die in the middle of it, and then nobody knows.",
    needs: ["bannerOnly"],
    run: async (session) => {
      const attempt = await session.attempt();
      await session.control("bannerOnly")(Number.MAX_SAFE_INTEGER);
      const error = await session.failure(session.provision(attempt), "provision() of a machine that does not answer");
      await claimHonest(session, attempt, error);
      await claimStillThere(session, attempt, error);
    },
  },
  ...(["onCreated", "onReady"] as const).map((hook): ConformanceCase => ({
    name: `when ${hook} fails the machine is left for the caller, with its ref`,
    rule: 5,
    why: "The caller could not write down what there is; the error is the last chance to learn of it.",
    run: async (session) => {
      const attempt = await session.attempt();
      const error = await session.failure(session.provision(attempt, { [hook]: () => Promise.reject(new Error("the caller's disk is full")) }), `provision() whose ${hook} fails`);
      await claimHonest(session, attempt, error);
      await claimStillThere(session, attempt, error);
    },
  })),
];
