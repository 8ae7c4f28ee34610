import { BridgeError } from "@bridge/core/backend";
import { gzipSync } from "fflate";
import type { UserDataLimits } from "../platform.ts";
import { cloudConfig, type UserDataInput } from "./cloud-config.ts";

/**
 * Cloud-init user data for a machine; byte-identical for the same input, packed or not.
 *
 * @throws BridgeError `payload_too_large`, naming size and limit, with outcome `none`: it is so on every replay.
 */
export function renderUserData(input: UserDataInput, { maxBytes, gzip = false }: UserDataLimits): Uint8Array {
  const plain = new TextEncoder().encode(cloudConfig(input));
  if (plain.length <= maxBytes) return plain;
  const packed = gzip ? gzipSync(plain, { level: 9, mtime: 0 }) : plain;
  if (packed.length <= maxBytes) return packed;
  throw new BridgeError("payload_too_large", `the user data has ${packed.length} bytes${gzip ? " packed" : ""}; the platform takes at most ${maxBytes}`, { outcome: "none" });
}
