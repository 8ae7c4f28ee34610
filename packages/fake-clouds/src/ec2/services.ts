import type { IncomingHttpHeaders } from "node:http";
import { Description } from "../aws/description.ts";
import { readQuery } from "../aws/query-request.ts";
import { ec2Answer, ec2Error, queryAnswer, queryError } from "../aws/xml.ts";

/** The services on the one port. */
export type ServiceName = "ec2" | "sts" | "ssm" | "servicequotas";

/** A request as it was read. */
export interface ServiceRequest {
  readonly service: ServiceName;
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A body in the words of a service. */
export interface ServiceBody {
  readonly contentType: string;
  readonly body: string;
}

const models = { ec2: "ec2-2016-11-15", sts: "sts-2011-06-15", ssm: "ssm-2014-11-06", servicequotas: "service-quotas-2019-06-24" } as const;
/** Those that speak JSON; the others speak Query. */
const jsonServices = ["ssm", "servicequotas"] as const;
const speaksJson = (service: ServiceName): boolean => jsonServices.some((name) => name === service);
const jsonType = "application/x-amz-json-1.1";
const loaded = new Map<ServiceName, Description>();

/** The published description of a service; read once in a process. */
export function descriptionOf(service: ServiceName): Description {
  let description = loaded.get(service);
  if (description === undefined) loaded.set(service, description = new Description(models[service], service));
  return description;
}

/** Which service a request is for, and what it asks; undefined when it speaks none of their protocols. */
export function readRequest(headers: IncomingHttpHeaders, body: string): ServiceRequest | undefined {
  const [prefix, target] = String(headers["x-amz-target"] ?? "").split(".");
  const addressed = jsonServices.find((name) => descriptionOf(name).metadata.targetPrefix === prefix);
  if (addressed !== undefined && target !== undefined) return { service: addressed, action: target, parameters: readJson(body) };
  const form = new URLSearchParams(body);
  const [action, version] = [form.get("Action"), form.get("Version")];
  const service = (["ec2", "sts"] as const).find((name) => descriptionOf(name).metadata.apiVersion === version);
  if (action === null || service === undefined) return undefined;
  return { service, action, parameters: readQuery(descriptionOf(service), action, form, service === "ec2" ? "ec2" : "query") };
}

function readJson(body: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(body);
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** An answer in the protocol of its service. */
export function writeAnswer(service: ServiceName, action: string, answer: object, requestId: string): ServiceBody {
  if (speaksJson(service)) return { contentType: jsonType, body: JSON.stringify(answer) };
  const write = service === "ec2" ? ec2Answer : queryAnswer;
  return { contentType: "text/xml;charset=UTF-8", body: write(descriptionOf(service), action, answer, requestId) };
}

/** An error in the protocol of its service. */
export function writeError(service: ServiceName, code: string, message: string, requestId: string): ServiceBody {
  if (speaksJson(service)) return { contentType: jsonType, body: JSON.stringify({ __type: code, message }) };
  const write = service === "ec2" ? ec2Error : queryError;
  return { contentType: "text/xml;charset=UTF-8", body: write(code, message, requestId) };
}
