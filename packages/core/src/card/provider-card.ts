import type { Capabilities } from "../backend/v1.ts";
import type { Isolation, RegionLabel } from "../backend/words.ts";
import { decode } from "../codec/decoder.ts";
import { cardDecoder } from "./card-codec.ts";
import type { Rates } from "./rates.ts";

/** An Ed25519 public key, in the members of a JWK (RFC 8037). */
export interface CardKey {
  /** SHA-256 thumbprint of the key as RFC 7638 defines it, base64url. */
  readonly keyId: string;
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  /** The 32 bytes of the key, base64url. */
  readonly x: string;
}

/** What a provider says of itself in public. */
export interface ProviderCard {
  readonly version: 1;
  readonly providerId: string;
  /** Keys with which the provider signs; filled in when the card is signed. */
  readonly publicKeys: readonly CardKey[];
  /** Milliseconds since the Unix epoch. */
  readonly issuedAtMs: number;
  /** In order of preference. */
  readonly backends: readonly { readonly name: string; readonly capabilities: Capabilities; readonly rates?: Rates }[];
  /** Of all backends, each once. */
  readonly regions: readonly RegionLabel[];
  /** Whether any backend is. */
  readonly tdxCapable: boolean;
  /** MR_TD values of all backends, each once. */
  readonly mrTd: readonly string[];
  /** Of all backends that say, each once. */
  readonly isolation: readonly Isolation[];
}

/** What a card is made of. */
export interface CardContent {
  readonly providerId: string;
  /** As `Fleet.capabilities()` gives them. */
  readonly backends: readonly (readonly [name: string, capabilities: Capabilities])[];
  /** By backend name. Default: none are published. */
  readonly rates?: Readonly<Record<string, Rates>>;
  /** Milliseconds since the Unix epoch. */
  readonly issuedAtMs: number;
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

/** Makes the card of a provider; it is public once signed. @throws BridgeError `invalid_option` with all problems. */
export function createCard({ providerId, backends, rates = {}, issuedAtMs }: CardContent): ProviderCard {
  const all = backends.map(([, capabilities]) => capabilities);
  const card: ProviderCard = {
    version: 1,
    providerId,
    publicKeys: [],
    issuedAtMs,
    backends: backends.map(([name, capabilities]) => {
      const own = Object.hasOwn(rates, name) ? rates[name] : undefined;
      return { name, capabilities, ...(own === undefined ? {} : { rates: own }) };
    }),
    regions: unique(all.flatMap(({ regions }) => regions)),
    tdxCapable: all.some(({ tdxCapable }) => tdxCapable),
    mrTd: unique(all.flatMap(({ mrTd = [] }) => mrTd)),
    isolation: unique(all.flatMap(({ isolation }) => isolation ?? [])),
  };
  return decode(cardDecoder, card, { code: "invalid_option", subject: "the provider card" });
}
