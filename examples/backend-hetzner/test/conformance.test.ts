import { conformance } from "@bridge/conformance/vitest";
import { subject } from "./subject.ts";

// Most of a case is waiting, and each has a platform of its own.
await conformance(subject, { concurrent: true });
