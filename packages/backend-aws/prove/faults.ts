// What a cloud does to every call while the conformance cases go on; a line each in the table of the proof.
import type { BackgroundFault, Ec2Settings } from "@bridge/fake-clouds";

/** Settings of the fake under which the facts of the tests' plugin are true: reads settle within half a second. */
export interface Weather {
  readonly name: string;
  readonly settings: Partial<Omit<Ec2Settings, "background">>;
  readonly faults: readonly BackgroundFault[];
}

const reads = ["DescribeInstances", "DescribeVolumes", "DescribeInstanceTypes", "DescribeInstanceTypeOfferings", "DescribeImages", "DescribeSubnets", "DescribeSecurityGroups", "GetConsoleOutput", "GetParameter", "GetCallerIdentity"];
const refused = (share: number, status: number, code: string): BackgroundFault => ({ actions: reads, share, effect: { kind: "error", status, code } });

const lagging = { readLagSeconds: 0.4 };
const slow = { pendingSeconds: 0.8, addressSeconds: 0.3, bootSeconds: 0.4, shuttingDownSeconds: 1.2 };
const console = { consoleLagSeconds: 0.5 };
const unsteady: readonly BackgroundFault[] = [{ actions: ["DescribeInstances", "DescribeVolumes"], share: 0.5, effect: { kind: "stale", ageSeconds: 0.4 } }];
const throttled: readonly BackgroundFault[] = [refused(0.2, 503, "RequestLimitExceeded"), { actions: ["TerminateInstances", "DeleteVolume"], share: 0.3, effect: { kind: "error", status: 503, code: "RequestLimitExceeded" } }];
const lostCreates: readonly BackgroundFault[] = [{ actions: ["RunInstances"], share: 0.4, effect: { kind: "lose answer" } }];
const lostOthers: readonly BackgroundFault[] = [{ actions: ["TerminateInstances", "DeleteVolume", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "DescribeInstances"], share: 0.2, effect: { kind: "lose answer" } }];
const failing: readonly BackgroundFault[] = [refused(0.1, 500, "InternalError"), refused(0.1, 503, "Unavailable"), { actions: reads, share: 0.1, effect: { kind: "page", status: 502 } }];
/** Through all that the SDK sends again, so that it is the backend that has to come back. */
const failingLists: readonly BackgroundFault[] = [{ status: 500, code: "InternalError" }, { status: 503, code: "RequestLimitExceeded" }]
  .map((refusal) => ({ actions: ["DescribeInstances", "DescribeVolumes"], share: 0.04, effect: { kind: "error", ...refusal }, persists: true }));
const throttledCreates: readonly BackgroundFault[] = [{ actions: ["RunInstances"], share: 0.3, effect: { kind: "error", status: 503, code: "RequestLimitExceeded" } }];
const slowAnswers: readonly BackgroundFault[] = [{ actions: [...reads, "RunInstances", "TerminateInstances"], share: 0.3, effect: { kind: "slow", seconds: 0.3 } }];

/** Faults off, each alone, all together. */
export const weathers: readonly Weather[] = [
  { name: "none", settings: {}, faults: [] },
  { name: "reads 0.4 s late", settings: lagging, faults: [] },
  { name: "every other list 0.4 s older", settings: {}, faults: unsteady },
  { name: "slow to start, boot and end", settings: slow, faults: [] },
  { name: "one thing a page", settings: { pageLimit: 1 }, faults: [] },
  { name: "EC2's token buckets, and more", settings: { throttling: true }, faults: throttled },
  { name: "creates throttled", settings: {}, faults: throttledCreates },
  { name: "creates' answers lost", settings: {}, faults: lostCreates },
  { name: "other answers lost", settings: {}, faults: lostOthers },
  { name: "500, 503 and HTML on reads", settings: {}, faults: failing },
  { name: "lists fail for good now and then", settings: {}, faults: failingLists },
  { name: "answers 0.3 s late", settings: {}, faults: slowAnswers },
  { name: "console 0.5 s late", settings: console, faults: [] },
  { name: "clock 25 s ahead", settings: { clockSkewSeconds: 25 }, faults: [] },
  { name: "clock 25 s behind", settings: { clockSkewSeconds: -25 }, faults: [] },
  {
    name: "all of them", settings: { ...lagging, ...slow, ...console, pageLimit: 1, throttling: true, clockSkewSeconds: 25 },
    // The first that fits and whose lot is drawn counts; shares add up.
    faults: [...lostCreates, ...lostOthers, ...throttled, ...failing.map((fault) => ({ ...fault, share: 0.05 })), ...slowAnswers.map((fault) => ({ ...fault, share: 0.2 }))],
  },
];
