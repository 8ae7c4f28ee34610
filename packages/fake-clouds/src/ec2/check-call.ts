import { AwsError } from "../aws/aws-error.ts";
import { checkValue, type Problem } from "../aws/check-value.ts";
import type { Action } from "./action.ts";
import { actionsOf } from "./actions/all-actions.ts";
import type { Ec2Cloud } from "./cloud.ts";
import { descriptionOf, type ServiceRequest } from "./services.ts";

/**
 * Looks at a request with the published description, and at whether the fake does what it asks.
 *
 * @throws AwsError for a violation, which is also written down.
 */
export function checkRequest(cloud: Ec2Cloud, { service, action, parameters }: ServiceRequest): Action {
  const description = descriptionOf(service);
  const found = actionsOf[service][action];
  const violate = (path: string, problem: string, code: string): AwsError => {
    cloud.log.violations.push({ atMs: cloud.clock.now(), action, in: "request", path, problem });
    return new AwsError(service === "ssm" ? "ValidationException" : service === "servicequotas" ? "IllegalArgumentException" : code, `${path === "" ? action : `${action}: ${path}`} ${problem}`);
  };
  if (!description.has(action)) throw violate("", "is no action that the service publishes", "InvalidAction");
  if (found === undefined) throw violate("", "is not done by the fake", "UnsupportedOperation");
  const errors = checkValue(description, parameters, description.input(action)).map(({ path, problem, code }) => violate(path, problem, code));
  const notDone = Object.keys(parameters).filter((name) => name !== "DryRun" && !found.understands.includes(name)).map((name) => violate(name, "is not done by the fake", "UnsupportedOperation"));
  const [first] = [...errors, ...notDone];
  if (first !== undefined) throw first;
  return found;
}

/**
 * Looks at an answer with the published description.
 *
 * @throws AwsError `InternalError`, HTTP 500, for a violation, which is also written down: the fake is wrong.
 */
export function checkAnswer(cloud: Ec2Cloud, { service, action }: ServiceRequest, answer: object): void {
  const description = descriptionOf(service);
  const problems: readonly Problem[] = checkValue(description, answer, description.output(action));
  for (const { path, problem } of problems) cloud.log.violations.push({ atMs: cloud.clock.now(), action, in: "answer", path, problem });
  const [first] = problems;
  if (first !== undefined) throw new AwsError("InternalError", `the fake's answer is wrong: ${first.path} ${first.problem}`, 500);
}
