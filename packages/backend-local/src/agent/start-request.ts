import type { StartRequest } from "@bridge/backend-kit";
import { z } from "zod";

const startRequestSchema = z.object({
  version: z.literal(1),
  requestKey: z.string(),
  attempt: z.int(),
  sshPublicKey: z.string(),
  exitMac: z.string(),
  command: z.array(z.string()).min(1).exactOptional(),
  environment: z.record(z.string(), z.string()).exactOptional(),
});

/** Reads what `start` gets on stdin. Members that only machines with images need are ignored. */
export function parseStartRequest(json: string): StartRequest {
  return startRequestSchema.parse(JSON.parse(json));
}
