/** Control characters but the line feed, and those that turn the reading direction around. */
const driving = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text that cannot drive a terminal: what could is written as `\uXXXX`. Line feeds stay. JSON stays the same JSON. */
export function plain(text: string): string {
  return text.replace(driving, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** {@link plain} text in one line. */
export function plainLine(text: string): string {
  return plain(text).replaceAll("\n", "\\n");
}
