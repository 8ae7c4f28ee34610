import { DefaultReporter } from "vitest/node";
import { addToCountsFile, closingLine } from "../counts.ts";
import { objectionTo } from "./skips.ts";
import { tallyOf } from "./tally.ts";

/**
 * vitest's own report, then every skip with its reason, then `N passed, N failed` as the very last line.
 *
 * A skip that may not be counts as a failure, and so does a run without any test.
 */
export class ClosingLineReporter extends DefaultReporter {
  /** Prints the report and sets the exit code. */
  override onTestRunEnd(...parameters: Parameters<DefaultReporter["onTestRunEnd"]>): void {
    super.onTestRunEnd(...parameters);
    const { passed, failed, skips } = tallyOf(parameters[0], parameters[1]);
    // Tests left out by `-t` are no skips that anybody has to explain.
    const filtered = this.ctx.config.testNamePattern !== undefined;
    const objections = (filtered ? [] : skips).map((skip) => ({ skip, objection: objectionTo(skip, Boolean(process.env["CI"])) }));
    for (const { skip, objection } of objections) {
      this.log(`skipped: ${skip.name}: ${skip.reason ?? "no reason given"}${objection === undefined ? "" : `\n  this skip is a failure: ${objection}`}`);
    }
    const refused = objections.filter(({ objection }) => objection !== undefined).length;
    const nothingRan = passed + failed + refused === 0;
    if (nothingRan) this.log("no test ran: that is a failure");
    const counts = { passed, failed: failed + refused + (nothingRan ? 1 : 0), skipped: skips.length - refused };
    if (counts.failed > 0) process.exitCode = 1;
    if (!addToCountsFile(counts)) this.log(closingLine(counts));
  }
}
