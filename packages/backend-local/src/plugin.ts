import { type BackendFacts, type ConfiguredBackend } from "@bridge/core/backend";
import { defineMachineBackend } from "@bridge/backend-kit";
import { type LocalOptions, optionsSchema } from "./options.ts";
import { LocalPlatform } from "./platform.ts";

/** A claim in the state directory decides at once and for good which process is the instance, so lists are never stale. */
const facts: BackendFacts = {
  idempotency: "name",
  settleSeconds: 0,
  createTimeoutSeconds: 20,
  readyTimeoutSeconds: 30,
  exitCode: "always",
  deadline: "guest",
};

/**
 * Leases this machine: every instance is a process of its own with an SSH server on 127.0.0.1. It isolates nothing: the
 * workload runs as the user who runs Bridge.
 */
export const localPlugin = defineMachineBackend({
  name: "local",
  optionsSchema,
  facts,
  isolation: "process",
  pollSeconds: 0.2,
  connect: (options, services) => new LocalPlatform(options, services),
});

/** The local backend for `new Fleet({ backends: [local()] })`. `name` defaults to `local`. */
export function local(options: LocalOptions = {}, { name }: { readonly name?: string } = {}): ConfiguredBackend {
  return { plugin: localPlugin, options, ...(name === undefined ? {} : { name }) };
}
