/** The first fenced block of a language in a README; undefined when it has none. */
export function firstExample(readme: string, language: "ts" | "sh"): string | undefined {
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(readme)?.[1];
}
