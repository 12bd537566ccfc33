// Runs in the Node process of jsii and spares it two kinds of work. And it says that Node is too old,
// as jsii does in a process that is not started (process.py).
//
// A prebuilt provider's lib/index.js requires every resource of the provider; next to it lies
// lib/lazy-index.js with the same exports, each required on first use. jsii resolves a package's
// entry point before it requires it: from here on to the lazy one.
//
// For each reference, some 200 for an API with its function app, CDKTF records the stack that made
// it and shows it if the reference cannot be resolved. That is three quarters of what Node keeps for
// an API and a quarter of its work, and a program in Python finds only jsii's frames there. AWS CDK
// does not record it either, unless told to (CDK_DEBUG; aws-cdk-lib/core/lib/lazy.ts).
"use strict";

const { existsSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join } = require("node:path");

const EAGER_INDEX = /[\\/]@cdkt[fn][\\/]provider-[^\\/]+[\\/]lib[\\/]index\.js$/;
const STACK_TRACE = /[\\/]cdkt[fn][\\/]lib[\\/]tokens[\\/]private[\\/]stack-trace\.js$/;
const NO_STACK = Object.freeze(["(not recorded: CONSTRUCTS_LIB_LAZY_BINDINGS=off records it)"]);
const OLDEST_NODE = 20;
const said = new Set();
const resolve = Module._resolveFilename;

const [major] = process.versions.node.split(".");
if (major < OLDEST_NODE) {
  console.error(`CDKTF needs Node.js ${OLDEST_NODE} or newer, and this is ${major}`);
}

Module._resolveFilename = function (...request) {
  const filename = resolve.apply(this, request);
  if (!EAGER_INDEX.test(filename)) return filename;
  leaveOutCreationStacks();
  const lazy = join(dirname(filename), "lazy-index.js");
  if (existsSync(lazy)) return lazy;
  if (!said.has(filename)) console.error(`${filename}: no lazy-index.js, so Node loads all of it`);
  said.add(filename);
  return filename;
};

// With the first provider, when CDKTF is there, whichever was imported first in Python.
function leaveOutCreationStacks() {
  for (const [filename, { exports }] of Object.entries(require.cache)) {
    if (STACK_TRACE.test(filename)) exports.captureStackTrace = () => NO_STACK;
  }
}
