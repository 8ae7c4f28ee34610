import type { BackendFacts, ConfiguredBackend } from "@bridge/core/backend";
import { defineMachineBackend } from "@bridge/backend-kit";
import { optionsSchema, type PodmanOptions } from "./options.ts";
import { PodmanPlatform } from "./platform.ts";

const facts: BackendFacts = {
  idempotency: "name",
  // A name is free again as soon as its container is removed.
  replayWindowSeconds: 0,
  // Podman's own database is behind its lists; half a second is for containers that are just being started.
  settleSeconds: 0.5,
  // `podman run` takes 0.2 to 1 s; after this time it is killed.
  createTimeoutSeconds: 10,
  // A boot takes 2 s alone, and a minute on a machine with ten times as much to do as it can.
  readyTimeoutSeconds: 120,
  exitCode: "best-effort",
  deadline: "platform",
};

/** The plugin: what `use` in bridge.yaml names. */
const plugin = defineMachineBackend({
  name: "podman",
  optionsSchema,
  facts,
  isolation: "container",
  pollSeconds: 0.5,
  connect: (options, services) => new PodmanPlatform(options, services),
});
export default plugin;

/** For embedders: `new Fleet({ backends: [createPodman()] })`. `name` defaults to `podman`. */
export function createPodman(options: PodmanOptions = {}, { name }: { readonly name?: string } = {}): ConfiguredBackend {
  return { plugin, options, ...(name === undefined ? {} : { name }) };
}
