import { tagNames } from "@bridge/core/backend";
import type { AttemptName, Controls } from "@bridge/conformance";
import type { BookedInstance } from "./books.ts";
import type { FaultEffect } from "./call-faults.ts";
import { regions } from "./catalog.ts";
import type { LoggedCall } from "./call-log.ts";
import type { Ec2Control } from "./control.ts";
import type { Tags } from "./things.ts";

const isOf = ({ requestKey, attempt }: AttemptName, tags: Tags): boolean => tags[tagNames.request] === requestKey && tags[tagNames.attempt] === String(attempt);

/** Tags of the instances that a RunInstances call asks for. */
function askedTags({ parameters: { TagSpecifications: specifications } }: LoggedCall): Tags {
  // As the description has it; what is not of this shape was a violation, and then has no tags here.
  const read = (Array.isArray(specifications) ? specifications : []) as readonly { readonly ResourceType?: string; readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[] }[];
  const tags = read.find(({ ResourceType }) => ResourceType === "instance")?.Tags ?? [];
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

function regionIn(scope: string): string {
  const region = Object.keys(regions).find((name) => scope.includes(name));
  if (region === undefined) throw new Error(`the scope ${scope} names no region of the fake`);
  return region;
}

const refusals = {
  no_capacity: { kind: "error", status: 500, code: "InsufficientInstanceCapacity", message: "We currently do not have sufficient capacity in the Availability Zone you requested." },
  quota_exceeded: { kind: "error", status: 400, code: "VcpuLimitExceeded", message: "You have requested more vCPU capacity than your current vCPU limit allows." },
  unauthorized: { kind: "error", status: 401, code: "AuthFailure", message: "AWS was not able to validate the provided access credentials" },
} as const satisfies Readonly<Record<string, FaultEffect>>;
const busy: FaultEffect = { kind: "error", status: 400, code: "IncorrectInstanceState", message: "The instance is not in a state from which it can be terminated." };
const failing: FaultEffect = { kind: "error", status: 500, code: "InternalError", message: "An internal error has occurred" };

/** What the conformance kit may see of a fake EC2 and do to it, for backends whose scopes name their region; without `onCreateRequest`, which {@link onCommand} is for. */
export function controlsOf(control: Ec2Control, { severalScopes = false }: { /** Whether the subject holds at least two; default false. */ readonly severalScopes?: boolean } = {}): Controls {
  const made = async (attempt: AttemptName): Promise<readonly BookedInstance[]> => (await control.books()).instances.filter(({ tags }) => isOf(attempt, tags));
  const create = (effect: FaultEffect) => control.addFault({ action: "RunInstances", effect });
  const lists = (times: number, effect: FaultEffect, region?: string) => control.addFault({ action: "DescribeInstances", times, listsOnly: true, effect, ...(region === undefined ? {} : { region }) });
  return {
    createRequests: async (attempt) => (await control.calls()).filter((call) => call.action === "RunInstances" && !call.dryRun && isOf(attempt, askedTags(call))).length,
    machines: async (attempt) => (await made(attempt)).length,
    starts: async (attempt) => (await made(attempt)).reduce((sum, { starts }) => sum + starts, 0),
    things: async () => (await control.books()).things.map(({ kind, id, note }) => `${kind} ${id} (${note})`),
    refuseCreate: (code) => create(refusals[code]),
    loseCreateRequest: () => create({ kind: "lose request" }),
    loseCreateAnswer: () => create({ kind: "lose answer" }),
    delayCreate: (seconds) => create({ kind: "lose answer", afterSeconds: seconds }),
    slowCreate: (seconds) => create({ kind: "slow", seconds }),
    refuseDestroy: (times) => control.addFault({ action: "TerminateInstances", times, effect: busy }),
    slowDestroy: (seconds) => control.slowNextEnd(seconds),
    leaveRemnant: async (ref) => {
      const [instance] = await made(ref);
      if (instance === undefined) throw new Error("there is no instance of this attempt that could leave something");
      await control.leaveRemnant("volume", instance.id);
    },
    hideFromList: (times) => lists(times, { kind: "stale" }),
    failList: (times) => lists(times, failing),
    wrongHostKey: (connections) => control.setMachineFaults({ wrongHostKeys: connections }),
    bannerOnly: (connections) => control.setMachineFaults({ bannersOnly: connections }),
    loseStartAnswer: () => control.setMachineFaults({ lostStartAnswers: 1 }),
    vanish: async (ref) => {
      for (const { id } of await made(ref)) await control.vanish(id);
    },
    ...(severalScopes ? { failScope: (scope: string) => lists(Number.MAX_SAFE_INTEGER, failing, regionIn(scope)) } : {}),
    heal: () => control.heal(),
    clock: { now: () => control.now(), advance: (seconds) => control.advance(seconds) },
  };
}
