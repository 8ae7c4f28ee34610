import { z } from "zod";

/** What the maker of an instance hands to its process on stdin; no secret of it is ever written to disk. */
export const agentSpecSchema = z.object({
  id: z.string(),
  /** Value of the environment variable by which the processes of this launch are found. */
  mark: z.string(),
  directory: z.string(),
  requestKey: z.string(),
  attempt: z.int(),
  region: z.string(),
  size: z.string(),
  cpuMillicores: z.int(),
  ramMib: z.int(),
  lingerSeconds: z.number(),
  tags: z.record(z.string(), z.string()),
  deadlineMs: z.int(),
  /** OpenSSH private key file. */
  hostPrivateKey: z.string(),
  /** OpenSSH line. */
  controlPublicKey: z.string(),
});

/** {@link agentSpecSchema} */
export type AgentSpec = z.infer<typeof agentSpecSchema>;
