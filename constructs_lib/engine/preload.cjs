// Loaded by Node before jsii: `require("@cdktf/provider-x")` gives the package's own lazy-index.js,
// which it ships next to index.js and which requires a resource's file when that resource is used.
"use strict";

const { existsSync } = require("node:fs");
const { dirname, join } = require("node:path");
const Module = require("node:module");

const EAGER_INDEX = /[\\/]@cdkt[fn][\\/]provider-[^\\/]+[\\/]lib[\\/]index\.js$/;
const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (...request) {
  const filename = resolveFilename.apply(this, request);
  if (!EAGER_INDEX.test(filename)) return filename;
  const lazy = join(dirname(filename), "lazy-index.js");
  return existsSync(lazy) ? lazy : filename;
};
