// The ceiling for arithmetic: x = x · factor + term, over and over, in registers.
//
// One invocation keeps 16 numbers that do not wait for each other, multiplies and adds ROUNDS times (by fours) to each, and writes one sum
// so that nothing can be left out. 32 floating-point operations per round and invocation.

override ROUNDS: u32 = 256u;
const WORKGROUP_SIZE = 64u;

struct Params {
  factor: f32, // not known when compiled, and small enough that nothing overflows
  term: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

// Four rounds in one expression: SwiftShader keeps its terms in registers, and variables in memory.
fn four(x: f32, m: f32, t: f32) -> f32 {
  return (((x * m + t) * m + t) * m + t) * m + t;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let m = params.factor;
  let t = params.term;
  let start = f32(id.x) * 1e-6;
  var a = start; var b = start + 0.1; var c = start + 0.2; var d = start + 0.3;
  var e = start + 0.4; var f = start + 0.5; var g = start + 0.6; var h = start + 0.7;
  var i = start + 0.8; var j = start + 0.9; var k = start + 1.0; var l = start + 1.1;
  var n = start + 1.2; var o = start + 1.3; var p = start + 1.4; var q = start + 1.5;
  for (var round = 0u; round < ROUNDS; round += 4u) {
    a = four(a, m, t); b = four(b, m, t); c = four(c, m, t); d = four(d, m, t);
    e = four(e, m, t); f = four(f, m, t); g = four(g, m, t); h = four(h, m, t);
    i = four(i, m, t); j = four(j, m, t); k = four(k, m, t); l = four(l, m, t);
    n = four(n, m, t); o = four(o, m, t); p = four(p, m, t); q = four(q, m, t);
  }
  output[id.x] = a + b + c + d + e + f + g + h + i + j + k + l + n + o + p + q;
}
