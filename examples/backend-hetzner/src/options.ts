import { z } from "zod";
/** What a person writes under `options` in bridge.yaml; strict, so that a misspelt key is refused. */
export const optionsSchema = z.strictObject({
  /** The project's number, as in the Console's address `/projects/<number>`. The API does not tell it; listings are named by it. */
  projectId: z.int().positive(),
  /** API token of that project, "Read & Write". In bridge.yaml write a reference: `{ env: HCLOUD_TOKEN }`. */
  token: z.string().min(1),
  /** Locations to use, such as `fsn1`. Default: all. */
  regions: z.array(z.string().min(1)).min(1).optional(),
  /** Name of a system image with cloud-init, systemd, python3, sudo and an SSH server. */
  image: z.string().min(1).default("ubuntu-24.04"),
  /** Seconds between two lists of all servers. Default 10: a third of a project's 3600 requests an hour at about 100 servers. */
  pollSeconds: z.number().positive().optional(),
  /** Base address of the API, without a slash at its end. */
  endpoint: z.url({ protocol: /^https?$/ }).regex(/[^/]$/).default("https://api.hetzner.cloud/v1"),
});
/** The options as a person writes them. */
export type HetznerOptions = z.input<typeof optionsSchema>;
/** The options, checked and with defaults. */
export type ParsedOptions = z.output<typeof optionsSchema>;
