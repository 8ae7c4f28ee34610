import type { IncomingHttpHeaders } from "node:http";
import { readSignature } from "../aws/signature.ts";
import { type Answer, answerCall, type Received } from "./answer-call.ts";
import type { FaultEffect } from "./call-faults.ts";
import type { Ec2Cloud } from "./cloud.ts";
import { readRequest, type ServiceRequest, writeError } from "./services.ts";

/** What the sender of a request gets. */
export type Reply =
  | { readonly kind: "answer"; readonly answer: Answer; readonly brokenOff?: boolean }
  /** The connection is reset. */
  | { readonly kind: "reset" }
  /** Nothing, for ever. */
  | { readonly kind: "silence" };

/** Receives a request: writes it down, lets it meet its fault, and answers. */
export async function receiveCall(cloud: Ec2Cloud, headers: IncomingHttpHeaders, body: string): Promise<Reply> {
  const request = readRequest(headers, body);
  if (request === undefined) return { kind: "answer", answer: { status: 400, requestId: "", code: "InvalidAction", ...writeError("ec2", "InvalidAction", "The request names no action of a service that the fake has.", "") } };
  const { service, action, parameters } = request;
  const dryRun = parameters["DryRun"] === true;
  const invocationId = headers["amz-sdk-invocation-id"]?.toString();
  const aimed = dryRun ? undefined : cloud.faults.take({ action, region: readSignature(headers, body)?.region, invocationId, beginsList: beginsList(request) });
  const passing = aimed === undefined && !dryRun ? cloud.background.choose(cloud.settings.background, { action, invocationId, isRetry: isRetry(headers) }) : undefined;
  const fault = aimed ?? passing;
  const finish = cloud.log.begin({
    atMs: cloud.clock.now(), service, action, parameters, dryRun,
    ...(invocationId === undefined ? {} : { invocationId }), ...(fault === undefined ? {} : { fault: fault.kind }), ...(passing === undefined ? {} : { inBackground: true as const }),
  });
  const work = (): Answer => {
    const answer = answerCall(cloud, { request, headers, body } satisfies Received, fault?.kind === "stale" ? { ageSeconds: fault.ageSeconds ?? Number.POSITIVE_INFINITY } : {});
    const { caller, code } = answer;
    finish({ ...(caller === undefined ? {} : { accountId: caller.accountId, region: caller.region }), ...(code === undefined ? {} : { code }) });
    return answer;
  };
  const reply = await meet(cloud, fault, request, work);
  if (reply.kind === "answer") finish({ status: reply.answer.status, ...(reply.answer.code === undefined ? {} : { code: reply.answer.code }) });
  return reply;
}

async function meet(cloud: Ec2Cloud, fault: FaultEffect | undefined, { service }: ServiceRequest, work: () => Answer): Promise<Reply> {
  switch (fault?.kind) {
    case undefined: case "stale": return { kind: "answer", answer: work() };
    case "error": return { kind: "answer", answer: { status: fault.status, requestId: "", code: fault.code, ...writeError(service, fault.code, fault.message ?? fault.code, "") } };
    case "page": return { kind: "answer", answer: { status: fault.status, requestId: "", contentType: "text/html", body: "<html><body><h1>Bad Gateway</h1></body></html>" } };
    case "lose request": return { kind: "reset" };
    case "lose answer":
      if (fault.afterSeconds === undefined || fault.afterSeconds === 0) work();
      else cloud.clock.after(fault.afterSeconds, work);
      return { kind: "reset" };
    case "slow":
      await cloud.clock.wait(fault.seconds);
      return { kind: "answer", answer: work() };
    case "hang":
      if (fault.takesEffect) work();
      return { kind: "silence" };
    case "break off": return { kind: "answer", answer: work(), brokenOff: true };
  }
}

const beginsList = ({ action, parameters }: ServiceRequest): boolean =>
  action.startsWith("Describe") && parameters["NextToken"] === undefined && Object.keys(parameters).every((name) => !name.endsWith("Ids"));

/** The SDK's own count: `attempt=2; max=3`. */
const isRetry = (headers: IncomingHttpHeaders): boolean => /attempt=([2-9]|\d\d)/.test(headers["amz-sdk-request"]?.toString() ?? "");
