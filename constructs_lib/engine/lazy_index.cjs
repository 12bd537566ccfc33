// Runs in the Node process of jsii. A prebuilt provider's lib/index.js requires every resource of
// the provider; next to it lies lib/lazy-index.js with the same exports, each required on first use.
// jsii resolves a package's entry point before it requires it: from here on to the lazy one.
"use strict";

const { existsSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join } = require("node:path");

const EAGER_INDEX = /[\\/]@cdkt[fn][\\/]provider-[^\\/]+[\\/]lib[\\/]index\.js$/;
const said = new Set();
const resolve = Module._resolveFilename;

Module._resolveFilename = function (...request) {
  const filename = resolve.apply(this, request);
  if (!EAGER_INDEX.test(filename)) return filename;
  const lazy = join(dirname(filename), "lazy-index.js");
  if (existsSync(lazy)) return lazy;
  if (!said.has(filename)) console.error(`${filename}: no lazy-index.js, so Node loads all of it`);
  said.add(filename);
  return filename;
};
