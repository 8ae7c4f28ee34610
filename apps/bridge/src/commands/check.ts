import { openFleet } from "../config/open-fleet.ts";
import type { ConfigOptions } from "../config/locate-config.ts";
import type { ExitCode } from "../exit-codes.ts";
import { table } from "../output/line.ts";
import type { Output, OutputOptions } from "../output/output.ts";

/** Options of `bridge check`, `card` and `list`. */
export type CheckOptions = ConfigOptions & OutputOptions;

/** Loads the boot config, makes every backend, and shows them. Asks no platform. */
export async function check(options: CheckOptions, output: Output): Promise<ExitCode> {
  const { fleet, config: { owner, providerId, backends: entries }, path } = await openFleet(options, output);
  const backends = fleet.backends.map(({ name, facts }, index) => ({ name, use: entries[index]?.use ?? "", facts }));
  await fleet.close();
  output.result({ config: path, owner, providerId, backends }, [
    [{ text: "fine", style: "green" }, `: ${path}, provider ${providerId}, owner ${owner}`],
    ...table([
      ["BACKEND", "USE", "EXIT CODE", "DEADLINE KEPT BY"],
      ...backends.map(({ name, use, facts: { exitCode, deadline } }) => [name, use, exitCode, deadline]),
    ]),
  ]);
  return 0;
}
