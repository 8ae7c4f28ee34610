import { Visitor, parseSync } from "oxc-parser";
import { type SourceFile, type Workspace, sourcesOf } from "../workspace.ts";

const linesAbove = 2;

/** Lines of the casts that no comment explains: one on the same lines, or on the two above. `as const` is no cast. */
function unexplainedCasts({ path, text }: SourceFile): readonly number[] {
  const { program, comments } = parseSync(path, text);
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length;
  const explained = comments.filter(({ value }) => !value.startsWith("*")).map(({ start, end }) => ({ first: lineOf(start), last: lineOf(end) }));
  const lines: number[] = [];
  const look = ({ start, end }: { readonly start: number; readonly end: number }) => {
    const [first, last] = [lineOf(start), lineOf(end)];
    if (!explained.some((comment) => comment.last >= first - linesAbove && comment.first <= last)) lines.push(last);
  };
  new Visitor({
    TSAsExpression: (node) => {
      const isConst = node.typeAnnotation.type === "TSTypeReference" && node.typeAnnotation.typeName.type === "Identifier" && node.typeAnnotation.typeName.name === "const";
      if (!isConst) look(node);
    },
    TSTypeAssertion: look,
  }).visit(program);
  return lines;
}

/** A cast says in a comment why the types cannot. */
export function castProblems({ packages }: Workspace): readonly string[] {
  return packages.flatMap((unit) => sourcesOf(unit).flatMap((file) => unexplainedCasts(file).map((line) => `${unit.folder}/${file.path}:${line}: a cast without a comment that gives the reason`)));
}
