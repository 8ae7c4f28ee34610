import { createCard, signCard } from "@bridge/core";
import { openFleet } from "../config/open-fleet.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Output } from "../output/output.ts";
import type { CheckOptions } from "./check.ts";

/** Prints the provider card, signed. Asks every backend for its capabilities. */
export async function card(options: CheckOptions, output: Output): Promise<ExitCode> {
  const { fleet, config } = await openFleet(options, output);
  const signed = signCard(createCard(config, await fleet.capabilities()));
  output.result(signed, [JSON.stringify(signed, undefined, 2)]);
  return 0;
}
