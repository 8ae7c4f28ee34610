#!/usr/bin/env node
// Any Node must be able to parse this file, so that one that is too old gets a sentence and not a stack.
var version = process.version.slice(1).split(".").map(Number);

if (version[0] < 22 || (version[0] === 22 && version[1] < 18)) {
  console.error("bridge-conformance needs Node.js 22.18 or newer; this is Node.js " + process.version.slice(1) + " (" + process.execPath + ")");
  process.exitCode = 2;
} else {
  import("../dist/main.js");
}
