export { memory, memoryPlugin } from "./memory-plugin.ts";
export type { MemoryExtras } from "./memory-plugin.ts";
export { createMemoryPlatform, MemoryPlatform } from "./memory-platform.ts";
export type { MemoryBooks, MemoryCallRecord, MemoryPlatformOptions } from "./memory-platform.ts";
export type { MemoryCall, MemoryFault } from "./memory-fault.ts";
export type { MemoryMachine, MemoryMachineSpec } from "./memory-machine.ts";
export type { MemoryOptions } from "./memory-options.ts";
export { memoryPlugin as default } from "./memory-plugin.ts";
