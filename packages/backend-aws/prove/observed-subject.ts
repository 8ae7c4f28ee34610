// The subject of the conformance tests, with an eye on the errors of provision.
import type { SubjectFactory } from "@bridge/conformance";
import { toBridgeError } from "@bridge/core";
import type { Ec2Control, Ec2Settings } from "@bridge/fake-clouds";
import { awsSubject } from "../test/fixtures/subject.ts";

/**
 * A subject, and whether a failure of its case was only that the answer to a create was lost in the background, as the backend's error
 * said, or that lists failed for as long as a create may take; or that a create was refused for its
 * rate and sent again where the case counts; or that a read from before a machine's end followed one from after it, which no backend can tell.
 */
export interface Observed {
  readonly factory: SubjectFactory;
  readonly wasHonest: (message: string) => Promise<boolean>;
}

/** What the kit says of a case about a machine that is known. */
const insteadOfExists = "outcome: 'unknown' instead of 'exists'";
/** The machine was found alive in an older list, and ended in the next. */
const spentTooLate = /^provision\(\) of an attempt whose machine has ended fails with unavailable \(machine \S+ ended before it was ready\) instead of attempt_spent$/;
/** A create that was refused for its rate was sent again. */
const askedAgain = /^calls of mayCreate\(\): \d+ instead of 1$|^hooks were called as (mayCreate, )+onCreated, onReady$/;
/** Lists failed for as long as a create may take, before it. */
const neverAsked = /^calls of mayCreate\(\).*: 0 instead of 1$/;
/** What the kit says of a process of its own whose provision failed. */
const elsewhere = /second process failed|before it came there/;

/** Makes a subject for one case. */
export function makeObservedSubject(settings: Partial<Ec2Settings>): Observed {
  const unknown: string[] = [];
  let control: Ec2Control | undefined;
  return {
    factory: async () => {
      const { server, ...subject } = await awsSubject({ settings });
      control = server.control;
      return {
        ...subject,
        plugin: {
          ...subject.plugin,
          create: (options, services) => {
            const backend = subject.plugin.create(options, services);
            const provision = backend.provision.bind(backend);
            backend.provision = async (grant, envelope, context) => {
              let isKnown = false;
              const onCreated: typeof context.onCreated = (ref) => {
                isKnown = true;
                return context.onCreated(ref);
              };
              return provision(grant, envelope, { ...context, onCreated }).catch((error: unknown) => {
                const { outcome, message } = toBridgeError(error);
                if (outcome === "unknown" && !isKnown) unknown.push(message, insteadOfExists);
                throw error;
              });
            };
            return backend;
          },
        },
      };
    },
    wasHonest: async (message) => {
      const calls = await control?.calls() ?? [];
      if (calls.some(({ fault, inBackground }) => fault === "stale" && inBackground === true) && spentTooLate.test(message)) return true;
      const throttled = calls.some(({ action, fault, inBackground }) => action === "RunInstances" && fault === "error" && inBackground === true);
      if (throttled && askedAgain.test(message)) return true;
      const lost = calls.some(({ action, fault, inBackground }) => action === "RunInstances" && fault === "lose answer" && inBackground === true);
      const silent = calls.some(({ action, fault, inBackground }) => action.startsWith("Describe") && fault === "error" && inBackground === true);
      if (silent && neverAsked.test(message)) return true;
      return (lost || silent) && !/\bleak|dispose/.test(message) && (elsewhere.test(message) || unknown.some((each) => message.includes(each)));
    },
  };
}
