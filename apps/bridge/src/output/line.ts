import { styleText } from "node:util";
import { plain, plainLine } from "./plain.ts";

/** How a part of a line looks where colours are welcome. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Text, or text with a style. It may come from anywhere: it is made harmless when printed. */
export type Part = string | { readonly text: string; readonly style: Style };

/** One line of output; a string may hold line feeds. */
export type Line = string | readonly Part[];

/** The line as it is written to a stream: styled only if the stream is a terminal and NO_COLOR does not forbid it. */
export function renderLine(line: Line, stream: NodeJS.WritableStream): string {
  const parts = typeof line === "string" ? [line] : line;
  return `${parts.map((part) => (typeof part === "string" ? plain(part) : styleText(part.style, plain(part.text), { stream }))).join("")}\n`;
}

/** Rows as lines with aligned columns; every cell is made one line. */
export function table(rows: readonly (readonly string[])[], indent = ""): readonly string[] {
  const cells = rows.map((row) => row.map(plainLine));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) => `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()}`);
}
