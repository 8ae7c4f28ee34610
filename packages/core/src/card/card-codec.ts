import type { Capabilities, RegionCapabilities } from "../backend/v1.ts";
import { amount, boolean, type Decoder, decode, integer, list, object, oneOf, record, parseJson, text } from "../codec/decoder.ts";
import type { CardKey, ProviderCard } from "./provider-card.ts";
import { rates } from "./rates.ts";
import type { SignedCard } from "./sign-card.ts";

const lenient = { unknown: "ignore" } as const;
const mrTd = list(text({ pattern: /^[0-9a-f]{96}$/, what: "96 lower-case hex digits" }));
const regionCapabilities = object<RegionCapabilities>({
  tdxCapable: { optional: boolean }, maxCpuMillicores: { optional: amount }, maxRamMib: { optional: amount }, maxStorageGib: { optional: amount },
}, lenient);

const capabilities = object<Capabilities>({
  regions: { required: list(text(), { maxItems: 65_536 }) },
  tdxCapable: { required: boolean },
  maxCpuMillicores: { required: amount },
  maxRamMib: { required: amount },
  maxStorageGib: { optional: amount },
  architectures: { optional: list(oneOf("amd64", "arm64")) },
  isolation: { optional: oneOf("vm", "td", "container", "process") },
  mrTd: { optional: mrTd },
  byRegion: { optional: record(regionCapabilities) },
}, lenient);

const base64url = (bytes: number, what: string): Decoder<string> =>
  text({ pattern: new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}$`), what: `${bytes} bytes of ${what} in base64url` });

const version: Decoder<1> = (value, path, problems) => {
  if (value === 1) return value;
  problems.push({ path, message: "must be 1: a card of another version cannot be read" });
  return undefined;
};

const checked = object<ProviderCard>({
  version: { required: version },
  providerId: { required: text({ maxLength: 128 }) },
  publicKeys: {
    required: list(object<CardKey>({
      keyId: { required: text({ maxLength: 128 }) }, kty: { required: oneOf("OKP") }, crv: { required: oneOf("Ed25519") }, x: { required: base64url(32, "a key") },
    }, lenient)),
  },
  issuedAtMs: { required: integer() },
  backends: {
    required: list(object<ProviderCard["backends"][number]>({
      name: { required: text() }, capabilities: { required: capabilities }, rates: { optional: rates("ignore") },
    }, lenient)),
  },
  regions: { required: list(text(), { maxItems: 65_536 }) },
  tdxCapable: { required: boolean },
  mrTd: { required: mrTd },
  isolation: { required: list(oneOf("vm", "td", "container", "process")) },
}, lenient);

/** Members that are not known here are kept: they are signed too. */
const keep = <T extends object>(decoder: Decoder<T>): Decoder<T> => (value, path, problems) => {
  const read = decoder(value, path, problems);
  // The decoder has checked that the value is a T, and maybe more.
  return read === undefined ? undefined : (value as T);
};

/** Checks a card without its signature. */
export const cardDecoder: Decoder<ProviderCard> = keep(checked);

const signedCard = object<SignedCard>({ card: { required: cardDecoder }, signature: { required: base64url(64, "a signature") } }, lenient);

/** A signed card as JSON text. */
export function encodeCard(signed: SignedCard): string {
  return JSON.stringify(signed);
}

/**
 * Reads a signed card. Members that are not known here are kept. The signature is not checked: see `verifyCard`.
 *
 * @throws BridgeError `invalid_option` with all problems.
 */
export function decodeCard(json: string): SignedCard {
  return decode(signedCard, parseJson(json), { code: "invalid_option", subject: "the provider card" });
}
