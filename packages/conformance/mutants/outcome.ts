import { BridgeError, type BridgeErrorDetails, isBridgeError } from "@bridge/core";
import { backendMutant, type Mutant, type Mutation } from "./mutant.ts";

/** A backend whose errors of provision come out changed. */
const changedError = (change: (error: BridgeError) => unknown): NonNullable<Mutation["backend"]> => (backend) => ({
  provision: (grant, envelope, context) => backend.provision(grant, envelope, context).catch((error: unknown) => {
    throw isBridgeError(error) ? change(error) : error;
  }),
});

const remade = ({ code, message, backend = "", operation = "", outcome, ref }: BridgeError, change: BridgeErrorDetails): BridgeError =>
  new BridgeError(code, message, { backend, operation, ...(outcome === undefined ? {} : { outcome }), ...(ref === undefined ? {} : { ref }), ...change });

/** Rule 5 broken. */
export const outcomeMutants: readonly Mutant[] = [
  backendMutant(5, "loses the outcome", "a create that is refused for no_capacity leaves nothing, and says so", changedError(({ code, message, backend = "", operation = "" }) => new BridgeError(code, message, { backend, operation }))),
  backendMutant(5, "takes an exhausted quota for a failure of its own", "a create that is refused for quota_exceeded leaves nothing, and says so", changedError((error) => (error.code === "quota_exceeded" ? new BridgeError("internal", error.message, { outcome: "none" }) : error))),
  backendMutant(5, "throws strings", "a create that is refused for unauthorized leaves nothing, and says so", changedError(({ message }) => message)),
  backendMutant(5, "takes a timeout for a refusal", "a create that was never answered is never outcome none", changedError((error) => (error.code === "timeout" ? remade(error, { outcome: "none" }) : error))),
  backendMutant(5, "takes a late create for a refusal", "a create that takes effect late is never outcome none", changedError((error) => (error.code === "timeout" ? remade(error, { outcome: "none" }) : error))),
  backendMutant(5, "cleans up by itself", "a machine that was never ready is left for the caller, with its ref", (backend) => ({
    provision: (grant, envelope, context) => backend.provision(grant, envelope, context).catch(async (error: unknown) => {
      if (isBridgeError(error) && error.ref !== undefined) await backend.terminate(error.ref);
      throw error;
    }),
  })),
  backendMutant(5, "loses the ref of a half-made machine", "when onCreated fails the machine is left for the caller, with its ref", changedError(({ code, message, backend = "", operation = "", outcome = "unknown" }) => new BridgeError(code, message, { backend, operation, outcome }))),
  {
    rule: 5, name: "gives up on a create that takes its time", caughtBy: "a slow create is waited for",
    make: () => ({ platform: (platform) => ({ create: (spec) => Promise.race([platform.create(spec), new Promise<never>((_resolve, reject) => void setImmediate(reject, new BridgeError("timeout", "too slow", { outcome: "unknown" })))]) }) }),
  },
  backendMutant(5, "begins though nobody waits any more", "calls whose signal has already fired do nothing", (backend) => ({ list: () => backend.list(), terminate: (ref) => backend.terminate(ref) })),
  backendMutant(5, "looks away from a create that is in flight", "an abort while the create is in flight lets it finish, and tells what it left", (backend) => ({
    provision: (grant, envelope, context) => {
      const ended = new Promise<never>((_resolve, reject) => {
        context.signal.addEventListener("abort", () => reject(new BridgeError("aborted", "ended", { backend: backend.name, operation: "provision", outcome: "none" })));
      });
      return Promise.race([backend.provision(grant, envelope, context), ended]);
    },
  })),
  backendMutant(5, "forgets its machine when it is aborted", "an abort once the machine is created tells of it", changedError((error) => (error.code === "aborted" ? new BridgeError("aborted", "ended", { outcome: "unknown" }) : error))),
  backendMutant(5, "goes on waiting when it is aborted", "an abort while the machine boots ends the wait at once", (backend) => ({
    provision: (grant, envelope, context) => backend.provision(grant, envelope, { ...context, signal: new AbortController().signal }),
  })),
  backendMutant(5, "starts a workload that was cancelled", "an abort once the machine is ready tells of it, and does not start the workload", (backend) => ({
    provision: (grant, envelope, context) => {
      let ready = false;
      const controller = new AbortController();
      context.signal.addEventListener("abort", () => !ready && controller.abort());
      if (context.signal.aborted) controller.abort();
      return backend.provision(grant, envelope, { ...context, signal: controller.signal, onReady: (ref) => {
        ready = true;
        return context.onReady(ref);
      } });
    },
  })),
];
