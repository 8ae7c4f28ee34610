import { arrowProblems } from "./arrows.ts";
import { castProblems } from "./casts.ts";
import { cloudFileProblems, sdkProblems } from "./backends.ts";
import { corePurityProblems } from "./core-purity.ts";
import { manifestProblems } from "./manifests.ts";
import { nameProblems, sizeProblems, topLevelProblems } from "./shape.ts";
import { sideEffectProblems } from "./side-effects.ts";
import { tsdocProblems } from "./tsdoc.ts";

/** The rules of the layout; each gives the problems of a workspace, one line each. */
export const layoutRules = {
  "arrows": arrowProblems,
  "sdk": sdkProblems,
  "cloud files": cloudFileProblems,
  "core purity": corePurityProblems,
  "side effects": sideEffectProblems,
  "casts": castProblems,
  "top level": topLevelProblems,
  "sizes": sizeProblems,
  "names": nameProblems,
  "manifests": manifestProblems,
  "doc comments": tsdocProblems,
} as const;
