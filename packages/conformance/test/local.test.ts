import { conformance } from "../src/vitest.ts";
import { localSubject } from "./fixtures/local-subject.ts";

await conformance(() => localSubject(), { concurrent: true });
