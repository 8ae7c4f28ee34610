import { BridgeError, type ComputeGrant, createAlmanac, decodeEnvelope, type Explanation, type Rates, requestKeyOf } from "@bridge/core";
import { openFleet } from "../config/open-fleet.ts";
import type { ConfigOptions } from "../config/locate-config.ts";
import type { ExitCode } from "../exit-codes.ts";
import { describeGrant, describeSeconds, leaseSecondsOf } from "../input/describe-lease.ts";
import { priceOfLease } from "../input/price.ts";
import { checkImage } from "../input/read-envelope.ts";
import { readGrant } from "../input/read-grant.ts";
import { readJson } from "../input/read-text.ts";
import type { Line } from "../output/line.ts";
import type { Output, OutputOptions } from "../output/output.ts";

/** Options of `bridge plan`. */
export interface PlanOptions extends ConfigOptions, OutputOptions {
  readonly envelope?: string;
}

/** Who would serve the grant and where, and why the others would not, for a person. */
export function explanationLines({ candidates, refusals }: Explanation): readonly Line[] {
  const places = candidates.flatMap(({ backend, placements }) => placements.map(({ region, size, scope }) => ({ backend, region, size, scope })));
  return [
    ...places.map(({ backend, region, size, scope }, index): Line => [`  ${index + 1}. `, { text: backend, style: "bold" }, ` in ${region}, size ${size} (${scope})`]),
    ...Object.entries(refusals).flatMap(([backend, reasons]) => reasons.map(({ reason, message }): Line => ["  no  ", { text: backend, style: "bold" }, `: ${reason}: ${message}`])),
  ];
}

function nobody(grant: ComputeGrant, { refusals }: Explanation): BridgeError {
  const lines = Object.entries(refusals).flatMap(([name, reasons]) => reasons.map(({ reason, message }) => `  ${name}: ${reason}: ${message}`));
  return new BridgeError("no_backend_can_satisfy", `no backend can satisfy request "${grant.requestId}":\n${lines.join("\n")}`, { outcome: "none", refusals });
}

/** Says who would serve a grant, where, at which price, and why each other would not. Creates nothing. */
export async function plan(grantPath: string, options: PlanOptions, output: Output): Promise<ExitCode> {
  const grant = await readGrant(grantPath);
  if (options.envelope !== undefined) checkImage(decodeEnvelope(await readJson(options.envelope, { code: "invalid_grant", subject: "the envelope" })), grant);
  const { fleet, config } = await openFleet(options, output);
  const explanation = await fleet.explain(grant).finally(() => fleet.close());
  const leaseSeconds = leaseSecondsOf(grant);
  const ratesOf = (backend: string): Rates | undefined => config.backends.find(({ name }) => name === backend)?.rates;
  const candidates = explanation.candidates.map(({ backend, placements }) => {
    const rates = ratesOf(backend);
    return { backend, placements, ...(rates === undefined ? {} : { price: priceOfLease(grant.manifest, leaseSeconds, rates) }) };
  });
  const prices = candidates.flatMap(({ backend, price }) => (price === undefined ? [] : [`  ${backend}: ${price.amount.toFixed(4)} ${price.currency} for the whole lease`]));
  output.result({ requestId: grant.requestId, requestKey: requestKeyOf(config.owner, grant), leaseSeconds, candidates, refusals: explanation.refusals }, [
    describeGrant(grant),
    `lease: ${describeSeconds(leaseSeconds)}, to ${new Date(createAlmanac().tickToMs(grant.validTo)).toISOString()}`,
    ...explanationLines(explanation),
    ...(prices.length > 0 ? ["price, by the size and time that the grant permits:", ...prices] : ["price: no rates are configured"]),
  ]);
  if (candidates.length === 0) throw nobody(grant, explanation);
  return 0;
}
