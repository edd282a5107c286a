// WGSL functions, and structs, that several shaders use. `defineShader` adds those that a shader's code calls, see withFunctions.
import { activateAs } from "./activations.ts";

/**
 * NaN is recognised by its bits. `x != x` is false for NaN on SwiftShader. Compilers may assume that there is no NaN, and turn
 * `select(x, 0.0, x < 0.0)` into `max(x, 0.0)`, which is 0 for NaN.
 */
const library: Readonly<Record<string, string>> = {
  // Signed, because vector units of processors compare signed integers only.
  is_nan: "fn is_nan(x: f32) -> bool { return (bitcast<i32>(x) & 0x7fffffff) > 0x7f800000; }",
  // NaN counts as larger, and as smaller, than any number.
  larger: "fn larger(a: f32, b: f32) -> f32 { return select(b, a, (a > b) | is_nan(a)); }",
  smaller: "fn smaller(a: f32, b: f32) -> f32 { return select(b, a, (a < b) | is_nan(a)); }",
  // Some drivers answer with a number, or with infinity, where the argument is NaN.
  exp_or_nan: "fn exp_or_nan(x: f32) -> f32 { return select(exp(x), x, is_nan(x)); }",
  log_or_nan: "fn log_or_nan(x: f32) -> f32 { return select(log(x), x, is_nan(x)); }",
  // `clamp` costs SwiftShader three times as much.
  clip: "fn clip(x: f32, low: f32, high: f32) -> f32 { return select(select(x, low, x < low), high, x > high); }",
  activate_as: activateAs,
  // Statistics of a part of a map, as range-partials.wgsl makes them.
  Partial: "struct Partial { low: f32, high: f32, mean: f32, spread: f32, count: f32, zeros: f32, notNumbers: f32 }",
  // Statistics of the union of two disjoint sets (Chan, Golub and LeVeque 1979).
  merge_partials: [
    "fn merge_partials(a: Partial, b: Partial) -> Partial {",
    "let count = a.count + b.count;",
    "let share = b.count / max(count, 1.0);",
    "let distance = b.mean - a.mean;",
    "return Partial(min(a.low, b.low), max(a.high, b.high), a.mean + distance * share,",
    "a.spread + b.spread + distance * distance * a.count * share, count, a.zeros + b.zeros, a.notNumbers + b.notNumbers);",
    "}",
  ].join("\n"),
};

/** The code, and behind it every function and struct of this file that it calls, or that those call, and does not define itself. */
export function withFunctions(code: string): string {
  // A function calls only functions above it.
  return Object.entries(library).reduceRight((all, [name, definition]) => {
    const isMissing = new RegExp(`\\b${name}\\(`).test(all) && !new RegExp(`\\b(fn|struct) ${name}\\b`).test(all);
    return isMissing ? `${all}\n${definition}` : all;
  }, code);
}
