// How a secret may be written, for `no-secret-in-the-ledger`.

/** All forms in which bytes may be found in other bytes: as they are, hex, and base64 of both alphabets at each of the three alignments. */
function formsOf(secret: Buffer): readonly Buffer[] {
  const hex = secret.toString("hex");
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), secret]).toString("base64");
    // Characters that also hold bits of what stands before or after are left out.
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + secret.length) * 8) / 6));
  });
  const texts = [hex, hex.toUpperCase(), ...base64, ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))];
  return [secret, ...[...new Set(texts)].map((text) => Buffer.from(text, "latin1"))];
}

/** What is looked for. */
export interface Canary {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Names of the secrets that are found somewhere in the bytes, in any form. */
export const findIn = (bytes: Buffer, canaries: readonly Canary[]): readonly string[] =>
  canaries.filter((canary) => formsOf(canary.bytes).some((form) => bytes.includes(form))).map(({ name }) => name);

/** How many forms the search misses in a text in which it must find every one: 0, or the search proves nothing. */
export function missedForms(canaries: readonly Canary[]): { readonly forms: number; readonly missed: number } {
  const all = canaries.flatMap((canary) => formsOf(canary.bytes).map((form) => ({ canary, form })));
  const planted = all.map(({ canary, form }) => ({ canary, text: Buffer.concat([Buffer.from("before "), form, Buffer.from(" after")]) }));
  return { forms: all.length, missed: planted.filter(({ canary, text }) => !findIn(text, [canary]).includes(canary.name)).length };
}
