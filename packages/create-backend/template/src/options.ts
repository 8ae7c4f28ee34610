import { z } from "zod";

/** What a person writes under `options` in bridge.yaml; strict, so that a misspelt key is refused. */
export const optionsSchema = z.strictObject({
  /** Base address of the API. */
  endpoint: z.url({ protocol: /^https?$/ }),
  /** API token. In bridge.yaml write a reference: `{ env: ACME_TOKEN }`. */
  token: z.string().min(1),
  /** Regions to use. Default: all that the platform offers. */
  regions: z.array(z.string().min(1)).min(1).optional(),
});

/** The options as a person writes them. */
export type AcmeOptions = z.input<typeof optionsSchema>;

/** The options, checked and with defaults. */
export type ParsedOptions = z.output<typeof optionsSchema>;
