// CumSum and CumProd along one axis of a dense value seen as [outer, length, inner].
//
//   y[j] = x[0] + … + x[j], or without x[j], or from the other end; products likewise
//
// One invocation goes along one line.

override TYPE: u32 = 0u; // 0 f32, 1 whole numbers, whose sums and products are the same bits with a sign and without
override IS_PRODUCT: u32 = 0u;

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // lines
  length: u32,
  inner: u32,
  is_exclusive: u32,
  is_reverse: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

fn combine(before: u32, element: u32) -> u32 {
  if (TYPE == 0u) {
    let a = bitcast<f32>(before);
    let b = bitcast<f32>(element);
    return bitcast<u32>(select(a + b, a * b, IS_PRODUCT == 1u));
  }
  return select(before + element, before * element, IS_PRODUCT == 1u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let line = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (line >= params.count) {
    return;
  }
  let first = (line / params.inner) * params.length * params.inner + line % params.inner;
  let last = params.length - 1u;
  let is_exclusive = params.is_exclusive == 1u;
  let is_reverse = params.is_reverse == 1u;
  var total = select(0u, select(1u, 0x3f800000u, TYPE == 0u), IS_PRODUCT == 1u);
  for (var j = 0u; j < params.length; j++) {
    let at = first + select(j, last - j, is_reverse) * params.inner;
    let next = combine(total, input[at]);
    output[at] = select(next, total, is_exclusive);
    total = next;
  }
}
