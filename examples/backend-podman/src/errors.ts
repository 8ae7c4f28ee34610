import { errorTable } from "@bridge/backend-kit";

/**
 * What podman's errors mean. `outcome: "none"` stands only where podman has made no container: one that could not be started is
 * left behind as "created", so everything else leaves the outcome open.
 */
export const mapError = errorTable([
  { match: /name "[^"]*" is already in use/, code: "conflict", outcome: "exists" },
  { match: /image not known|no such image/i, code: "invalid_option", outcome: "none" },
  { match: /no such container/, code: "not_found" },
  { match: "ENOENT", code: "invalid_config", outcome: "none", message: "podman is not installed: the first word of the option `command` is no program" },
  { match: "EACCES", code: "forbidden", outcome: "none" },
  { match: /no space left on device/, code: "no_capacity" },
  { match: "ABORT_ERR", code: "timeout" },
  { match: "PodmanError", code: "unavailable" },
  { match: "SyntaxError", code: "unavailable" },
]);
