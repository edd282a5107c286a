// WGSL functions that many shaders call. Whoever defines a shader gets those that its code calls, see withFunctions.
import { activateAs } from "./activations.ts";

/**
 * What is not a number is found by its bits: `x != x` is false for it on SwiftShader, and compilers may assume that there is none, and
 * turn `select(x, 0.0, x < 0.0)` into `max(x, 0.0)`, which makes a zero of it.
 */
const library: Readonly<Record<string, string>> = {
  // Signed, for processors compare nothing else at once.
  is_nan: "fn is_nan(x: f32) -> bool { return (bitcast<i32>(x) & 0x7fffffff) > 0x7f800000; }",
  // NaN is larger, and smaller, than any number.
  larger: "fn larger(a: f32, b: f32) -> f32 { return select(b, a, (a > b) | is_nan(a)); }",
  smaller: "fn smaller(a: f32, b: f32) -> f32 { return select(b, a, (a < b) | is_nan(a)); }",
  // Some drivers answer with a number, or with infinity, where the argument is NaN.
  exp_or_nan: "fn exp_or_nan(x: f32) -> f32 { return select(exp(x), x, is_nan(x)); }",
  log_or_nan: "fn log_or_nan(x: f32) -> f32 { return select(log(x), x, is_nan(x)); }",
  pow_or_nan: "fn pow_or_nan(x: f32, y: f32) -> f32 { return select(pow(x, y), x, is_nan(x)); }",
  // `clamp` costs SwiftShader three times as much.
  clip: "fn clip(x: f32, low: f32, high: f32) -> f32 { return select(select(x, low, x < low), high, x > high); }",
  activate_as: activateAs,
};

/** The code, and behind it every function of this file that it calls, or that those call, and does not define itself. */
export function withFunctions(code: string): string {
  // A function only calls those that stand before it.
  return Object.entries(library).reduceRight((all, [name, definition]) => {
    const isMissing = new RegExp(`\\b${name}\\(`).test(all) && !all.includes(`fn ${name}(`);
    return isMissing ? `${all}\n${definition}` : all;
  }, code);
}
