import { countResults } from "./report.ts";
import type { CaseResult } from "./run-case.ts";
import type { Report } from "./run-conformance.ts";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\n": "&#10;", "\t": "&#9;" };

/** Text for XML 1.0, which has no way to write other control characters or halves of surrogate pairs. */
const escape = (text: string): string => text.toWellFormed().replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, "\ufffd").replace(/[&<>"'\n\t]/g, (character) => entities[character] ?? character);

function testCase({ case: { name, rule }, status, message = "", notes = [], milliseconds }: CaseResult): string {
  const inside = status === "failed" ? `<failure message="${escape(message.split("\n")[0] ?? "")}">${escape(message)}</failure>`
    : status === "passed" ? "" : `<skipped message="${escape(`${status}: ${message}`)}"/>`;
  const output = notes.length === 0 ? "" : `<system-out>${escape(notes.join("\n"))}</system-out>`;
  return `    <testcase classname="${escape(`rule ${rule}`)}" name="${escape(name)}" time="${(milliseconds / 1000).toFixed(3)}">${inside}${output}</testcase>`;
}

/** The report as JUnit XML, as CI systems read it; what was not run is a skipped test with its reason. */
export function junitXml({ backend, results, differences }: Report): string {
  const { failed, different, "not observed": unseen } = countResults(results);
  const seconds = (results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000).toFixed(3);
  const properties = Object.entries(differences).map(([name, reason]) => `      <property name="${escape(`declared difference: ${name}`)}" value="${escape(reason)}"/>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>",
    `  <testsuite name="${escape(`bridge conformance: ${backend}`)}" tests="${results.length}" failures="${failed}" skipped="${different + unseen}" time="${seconds}">`,
    ...(properties.length === 0 ? [] : ["    <properties>", ...properties, "    </properties>"]),
    ...results.map(testCase), "  </testsuite>", "</testsuites>", "",
  ].join("\n");
}
