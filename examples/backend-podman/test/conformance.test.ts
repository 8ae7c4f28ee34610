import { conformance } from "@bridge/conformance/vitest";
import { subject } from "./subject.ts";

await conformance(subject, { concurrent: true });
