/** Counts of many histories, by table and row. Plain data, so that processes can hand it over. */
export type Counts = Record<string, Record<string, number>>;

/** Counts what happens. */
export class Tally {
  readonly counts: Counts = {};

  count(table: string, row: string, times = 1): void {
    const rows = (this.counts[table] ??= {});
    rows[row] = (rows[row] ?? 0) + times;
  }

  of(table: string, row: string): number {
    return this.counts[table]?.[row] ?? 0;
  }

  /** Takes in what another has counted. */
  add(counts: Counts): void {
    for (const [table, rows] of Object.entries(counts)) {
      for (const [row, times] of Object.entries(rows)) this.count(table, row, times);
    }
  }
}
