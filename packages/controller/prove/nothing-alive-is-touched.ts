/** A deleted ledger, an older backup, a copied config, a renamed entry, two entries of one plugin, a removed region, another account's credentials: nothing alive is touched, and each is reported by name. */
import { configSituations } from "./situation/config-situations.ts";
import { ledgerSituations } from "./situation/ledger-situations.ts";
import { isGood, type Row } from "./situation/row.ts";
import { scopeSituations } from "./situation/scope-situations.ts";

const rows: Row[] = [];
for (const situation of [...ledgerSituations, ...configSituations, ...scopeSituations]) {
  const row = await situation();
  rows.push(row);
  const touched = row.before.filter((one) => !row.after.includes(one)).length;
  console.log(`${isGood(row) ? "ok  " : "FAIL"} ${row.situation.padEnd(36)} alive before: ${row.before.length}  alive after: ${row.after.length}  touched: ${touched}  reported: ${row.reported.join("; ")}`);
  for (const wrong of row.wrong) console.log(`       missing or wrong: ${wrong}`);
}
const bad = rows.filter((row) => !isGood(row));
console.log(`${rows.length} situations, ${rows.reduce((sum, { before }) => sum + before.length, 0)} processes and machines alive before, ${bad.length} situations failed`);
process.exit(bad.length === 0 ? 0 : 1);
