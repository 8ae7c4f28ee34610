/** A fenced block of a README. */
export interface ReadmeExample {
  readonly language: "ts" | "sh";
  readonly code: string;
}

/** The first example of a README: its first fenced block of TypeScript, else of shell. Throws an Error when it has neither. */
export function firstExample(readme: string): ReadmeExample {
  for (const language of ["ts", "sh"] as const) {
    const code = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(readme)?.[1];
    if (code !== undefined) return { language, code };
  }
  throw new Error("the README has no example: a block of ```ts or ```sh");
}
