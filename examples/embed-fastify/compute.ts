/** Bridge as a plugin of your own Fastify application: your prefix, your authentication, your logger. */
import { Controller, type ControllerOptions, type GrantStatus } from "@bridge/controller";
import { BridgeError, type ComputeGrant, type Envelope, errorCodes, isBridgeError } from "@bridge/core";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";

/** What the plugin needs. */
export interface ComputeOptions extends Omit<ControllerOptions, "log"> {
  /** Your authentication: who asks. What they ask for is theirs, and counts against their limits. */
  readonly issuerOf: (request: FastifyRequest) => string | undefined;
}

interface Submission { readonly grant: Omit<ComputeGrant, "issuer" | "providerId">; readonly envelope: Envelope }
interface ByKey { readonly Params: { readonly requestKey: string } }

export const compute: FastifyPluginAsync<ComputeOptions> = async (app, { issuerOf, ...options }) => {
  const controller = await Controller.open({ ...options, log: app.log });
  // Machines live on; the next start takes them up again.
  app.addHook("onClose", () => controller.stop());
  await controller.start();

  const issuers = new WeakMap<FastifyRequest, string>();
  app.addHook("onRequest", async (request, reply) => {
    const issuer = issuerOf(request);
    if (issuer === undefined) return reply.code(401).send({ code: "unauthorized", message: "who are you?" });
    issuers.set(request, issuer);
  });
  app.setErrorHandler((error, _request, reply) => {
    if (!isBridgeError(error)) return reply.send(error);
    const { code, message, retryAfterSeconds } = error;
    if (retryAfterSeconds !== undefined) reply.header("retry-after", Math.ceil(retryAfterSeconds));
    return reply.code(errorCodes[code].httpStatus).send({ code, message });
  });

  /** Another's grant is as good as none. */
  const ownStatus = async (request: FastifyRequest<ByKey>): Promise<GrantStatus> => {
    const status = await controller.status(request.params.requestKey);
    if (status.issuer !== issuers.get(request)) throw new BridgeError("not_found", `there is no grant with the request key ${status.requestKey}`);
    return status;
  };

  // Nothing here ends with the client's connection: an accepted grant is in the ledger, and served.
  app.post<{ Body: Submission }>("/grants", { schema: { body: { type: "object", required: ["grant", "envelope"] } } }, async (request, reply) => {
    const { grant, envelope } = request.body;
    return reply.code(202).send(await controller.submitTrusted({ ...grant, issuer: issuers.get(request) ?? "", providerId: options.providerId }, envelope));
  });
  app.get<ByKey>("/grants/:requestKey", ownStatus);
  app.delete<ByKey>("/grants/:requestKey", async (request) => controller.cancel((await ownStatus(request)).requestKey));
};
