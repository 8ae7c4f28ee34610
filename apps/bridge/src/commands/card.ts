import { createCard, signCard } from "@bridge/core";
import { openFleet } from "../config/open-fleet.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Output } from "../output/output.ts";
import type { CheckOptions } from "./check.ts";

/** Prints the provider card, signed; JSON in any case. Asks every backend for its capabilities. */
export async function card(options: CheckOptions, output: Output): Promise<ExitCode> {
  const { fleet, config: { providerId, masterSecret, backends: entries } } = await openFleet(options, output);
  const backends = await fleet.capabilities().finally(() => fleet.close());
  const rates = Object.fromEntries(entries.flatMap(({ name, rates: own }) => (own === undefined ? [] : [[name, own]])));
  const signed = signCard(createCard({ providerId, backends, rates, issuedAtMs: Date.now() }), masterSecret);
  output.result(signed, [JSON.stringify(signed, undefined, 2)]);
  output.note(`signed with key ${signed.card.publicKeys[0]?.keyId ?? ""}`);
  return 0;
}
