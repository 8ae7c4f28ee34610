import { checkPlugin, namePattern } from "../backend/define-backend.ts";
import { makeBackend } from "../backend/make-backend.ts";
import type { Backend, BackendFacts, BackendServices, ConfiguredBackend } from "../backend/v1.ts";
import { BridgeError, type Problem } from "../errors/bridge-error.ts";
import { problemsError } from "../codec/decoder.ts";

/** A backend in a Fleet, with what its plugin declares. */
export interface FleetMember {
  readonly backend: Backend;
  readonly facts: BackendFacts;
}

/**
 * Makes the backends of a Fleet, in order.
 *
 * @throws BridgeError `no_backends`, `contract_mismatch`, `invalid_option` (names, options).
 */
export function createMembers(configured: readonly ConfiguredBackend[], services: Omit<BackendServices, "name">): readonly FleetMember[] {
  if (configured.length === 0) {
    throw new BridgeError("no_backends", "no backend is configured: list at least one, such as @bridge/backend-local, -aws, -gcp, -azure or -baremetal");
  }
  const problems: Problem[] = [];
  const named = configured.map(({ plugin, options, name }, index) => {
    const checked = checkPlugin(plugin, `backends[${index}]`);
    return { plugin: checked, options, name: name ?? checked.name, path: `backends[${index}].name` };
  });
  for (const [index, { name, path }] of named.entries()) {
    if (!namePattern.test(name)) problems.push({ path, message: `"${name}" must match ${namePattern.source}` });
    if (named.findIndex((other) => other.name === name) < index) problems.push({ path, message: `"${name}" is taken by an earlier backend; give one of them another name` });
  }
  if (problems.length > 0) throw problemsError("invalid_option", "the list of backends", problems);
  return named.map(({ plugin, options, name }) => ({
    backend: makeBackend({ plugin, options }, { ...services, name }),
    facts: plugin.facts,
  }));
}
