import type { ExitRecord, Meter, UsageMetrics } from "../backend/words.ts";
import { amount, type Decoder, decode, integer, object, oneOf, parseJson } from "../codec/decoder.ts";

const lenient = { unknown: "ignore" } as const;

const known = object<Extract<Meter, { value: number }>>({
  value: { required: amount }, source: { required: oneOf("measured", "reported", "allocated") },
}, lenient);
const unknown = object<{ source: "unknown" }>({ source: { required: oneOf("unknown") } }, lenient);

const meter: Decoder<Meter> = (value, path, problems) =>
  typeof value === "object" && value !== null && "source" in value && value.source === "unknown"
    ? unknown(value, path, problems)
    : known(value, path, problems);

/** The network is never allocated: nobody promised a number of bytes. */
const networkMeter: Decoder<Meter> = (value, path, problems) => {
  const read = meter(value, path, problems);
  if (read?.source !== "allocated") return read;
  problems.push({ path: `${path}.source`, message: "is never allocated for the network" });
  return undefined;
};

const usage = object<UsageMetrics>({
  wallSeconds: { required: meter },
  cpuCoreSeconds: { required: meter },
  ramMibSeconds: { required: meter },
  networkRxBytes: { required: networkMeter },
  networkTxBytes: { required: networkMeter },
  exit: {
    required: object<ExitRecord>({
      reason: { required: oneOf("exited", "deadline", "terminated", "lost") },
      code: { optional: integer({ min: 0, max: 4_294_967_295 }) },
      source: { optional: oneOf("measured", "reported") },
    }, lenient),
  },
}, lenient);

/** Usage as JSON text. */
export function encodeUsage(value: UsageMetrics): string {
  return JSON.stringify(value);
}

/** Reads usage, as an object or as JSON text. @throws BridgeError `invalid_option` with all problems. */
export function decodeUsage(value: unknown): UsageMetrics {
  return decode(usage, typeof value === "string" ? parseJson(value) : value, { code: "invalid_option", subject: "the usage" });
}
