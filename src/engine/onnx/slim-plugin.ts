// Vite plugin: ships only what .onnx files need. onnx-proto also checks and converts messages, protobufjs also writes them and
// calls remote procedures, and `long` does arithmetic; together that was half of a bundle that only reads.
import type { Plugin } from "vite";

/** Methods of generated message classes that nothing here calls. */
const unusedMethods = [
  "create",
  "encodeDelimited",
  "decodeDelimited",
  "verify",
  "fromObject",
  "toObject",
  "prototype.toJSON",
  "getTypeUrl",
];

/** protobufjs needs a class that holds 64 bits; proto.ts does the arithmetic. */
const smallLong = `function Long(low, high, unsigned) { this.low = low; this.high = high; this.unsigned = unsigned; }
Long.isLong = (value) => value instanceof Long;
Long.fromBits = (low, high, unsigned) => new Long(low, high, unsigned);
module.exports = Long;`;

/** In place of protobufjs/src/index-minimal.js, for browsers. */
const readerOnly = `exports.Reader = require("./reader");
exports.util = require("./util/minimal");
exports.roots = require("./roots");
exports.util.LongBits._configure(exports.util.Long);
exports.Reader._configure({ _configure() {} });`;

/** @param options.canEncode keeps what writes files as well */
export function slimProtobuf(options: { canEncode: boolean }): Plugin {
  const virtualLong = "\0convcam:long";
  return {
    name: "convcam:slim-protobuf",
    enforce: "pre",
    apply: "build",
    resolveId(source) {
      return source === "long" && !options.canEncode ? virtualLong : null;
    },
    load(id) {
      return id === virtualLong ? smallLong : null;
    },
    transform(code, id) {
      const path = id.replaceAll("\\", "/");
      if (path.includes("/onnx-proto/dist/onnx.js"))
        return { code: dropMethods(code, options.canEncode ? unusedMethods : [...unusedMethods, "encode"]), map: null };
      if (options.canEncode) return null;
      if (path.includes("/protobufjs/src/index-minimal.js")) return { code: readerOnly, map: null };
      if (path.includes("/protobufjs/src/util/minimal.js"))
        return { code: dropRequires(code, ["asPromise", "base64", "EventEmitter", "pool"]), map: null };
      return null;
    },
  };
}

/**
 * Removes the named methods of every class from code that protobufjs generated, whose every method is one indented statement.
 *
 * @throws where nothing matches: the code was generated in another style, and the bundle would quietly grow
 */
export function dropMethods(code: string, methods: readonly string[]): string {
  const names = methods.map((name) => name.replace(".", "\\.")).join("|");
  const statement = new RegExp(`^( +)[\\w.]+?\\.(?:${names}) = function[^\\n]*\\{\\n[\\s\\S]*?\\n\\1\\};\\n`, "gm");
  const slim = code.replace(statement, "");
  if (slim === code) throw new Error(`found none of the methods ${methods.join(", ")} in the generated messages`);
  return slim;
}

/** Removes `util.NAME = require(…);` lines. */
function dropRequires(code: string, names: readonly string[]): string {
  return names.reduce((rest, name) => {
    const slim = rest.replace(new RegExp(`^util\\.${name} = require\\([^)]*\\);$`, "m"), "");
    if (slim === rest) throw new Error(`protobufjs no longer requires util.${name} where it did`);
    return slim;
  }, code);
}
