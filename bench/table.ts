/** Prints rows as a Markdown table, numbers to the right. */
export function printTable(title: string, rows: readonly Readonly<Record<string, string | number>>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => columns.map((column) => format(row[column] ?? "")));
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((line) => line[i]?.length ?? 0)));
  const print = (line: readonly string[]) => console.log(`| ${line.map((cell, i) => cell[i === 0 ? "padEnd" : "padStart"](widths[i] ?? 0)).join(" | ")} |`);
  console.log(`\n${title}\n`);
  print(columns);
  console.log(`|${widths.map((width, i) => `${i === 0 ? ":" : "-"}${"-".repeat(width)}${i === 0 ? "-" : ":"}`).join("|")}|`);
  for (const line of cells) print(line);
}

function format(value: string | number): string {
  if (typeof value === "string") return value;
  return value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
