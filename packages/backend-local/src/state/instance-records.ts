import type { ExitRecord, Meter } from "@bridge/core/backend";
import { z } from "zod";

const meter: z.ZodType<Meter> = z.union([
  z.object({ value: z.number(), source: z.enum(["measured", "reported", "allocated"]) }),
  z.object({ source: z.literal("unknown") }),
]);

const identity = z.object({ pid: z.int(), startedAt: z.string(), bootId: z.string() });

/** The claim on an attempt, written once: either a process is its machine, or there must never be one. */
export const claimSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("machine"),
    id: z.string(),
    mark: z.string(),
    process: identity,
    port: z.int(),
    region: z.string(),
    size: z.string(),
    cpuMillicores: z.int(),
    ramMib: z.int(),
    tags: z.record(z.string(), z.string()),
    createdAtMs: z.int(),
    deadlineMs: z.int(),
  }),
  z.object({ kind: z.literal("forbidden"), deadlineMs: z.int() }),
]);

/** {@link claimSchema} */
export type Claim = z.infer<typeof claimSchema>;


const exit: z.ZodType<ExitRecord> = z.object({
  reason: z.enum(["exited", "deadline", "terminated", "lost"]),
  code: z.int().exactOptional(),
  source: z.enum(["measured", "reported"]).exactOptional(),
});

/** What the instance says of itself; replaced about once a second and when it ends. */
export const statusSchema = z.object({
  atMs: z.int(),
  usage: z.object({ wallSeconds: meter, cpuCoreSeconds: meter, ramMibSeconds: meter }),
  exit: exit.exactOptional(),
});

/** {@link statusSchema} */
export type InstanceStatus = z.infer<typeof statusSchema>;
