import type { Caller } from "../aws/credentials.ts";
import type { Ec2Cloud } from "./cloud.ts";
import type { World } from "./world.ts";

/** What an action works with. */
export interface Call {
  readonly cloud: Ec2Cloud;
  readonly world: World;
  readonly caller: Caller;
  readonly nowMs: number;
  /** The moment that a read shows. */
  readonly viewMs: number;
}

/** An action as the server runs it, with parameters and answers that were checked with the published description. */
export interface Action {
  /** Members of the request that the fake acts on; any other is a violation. */
  readonly understands: readonly string[];
  /** What is checked also in a dry run. */
  readonly check?: (call: Call, parameters: object) => void;
  readonly run: (call: Call, parameters: object) => object;
}

interface TypedAction<Request extends object, Answer extends object> {
  readonly understands: readonly (keyof Request & string)[];
  readonly check?: (call: Call, parameters: Request) => void;
  readonly run: (call: Call, parameters: Request) => Answer;
}

/** Gives an action its types. */
export function action<Request extends object, Answer extends object>({ understands, check, run }: TypedAction<Request, Answer>): Action {
  // Read and checked by the description of the action, from which the SDK's types are made as well.
  const typed = (parameters: object) => parameters as Request;
  return {
    understands,
    ...(check === undefined ? {} : { check: (call, parameters) => check(call, typed(parameters)) }),
    run: (call, parameters) => run(call, typed(parameters)),
  };
}
