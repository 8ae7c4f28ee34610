export { createBackend } from "./create-backend.ts";
export type { CreatedBackend } from "./create-backend.ts";
export type { BackendNames } from "./backend-names.ts";
