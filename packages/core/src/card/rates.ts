import { amount, type Decoder, object, text } from "../codec/decoder.ts";

/** What an hour costs; for plans, not for bills. */
export interface Rates {
  /** Three capital letters, as ISO 4217 has them: `EUR`. */
  readonly currency: string;
  /** Price of one CPU core for one hour. */
  readonly cpuCoreHour: number;
  /** Price of one GiB of memory for one hour. */
  readonly ramGibHour: number;
}

/** Reads rates; `unknown` as for {@link object}. */
export const rates = (unknown: "refuse" | "ignore"): Decoder<Rates> => object<Rates>({
  currency: { required: text({ pattern: /^[A-Z]{3}$/, what: "three capital letters, such as EUR" }) },
  cpuCoreHour: { required: amount },
  ramGibHour: { required: amount },
}, { unknown });
