// What a second value differs from a first by, element by element: difference = b − a.
// What is not finite is told by its bits, since a compiler may assume that no f32 is: NaN where either is NaN, or both are the same infinity.
// Layout: both values of any offset and strides; `differences` is dense, always f32: channel after channel, row by row.
// One invocation computes one element.

/** Element type of both values: 0 f32, 1 i32, 2 u32. */
override VALUE_TYPE: u32 = 0u;

struct Params {
  offset: u32,
  channelStride: u32,
  rowStride: u32,
  columnStride: u32,
  offsetB: u32,
  channelStrideB: u32,
  rowStrideB: u32,
  columnStrideB: u32,
  mapWidth: u32,
  /** Elements of one channel. */
  area: u32,
  /** Elements of all channels. */
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read> valuesB: array<u32>;
@group(0) @binding(3) var<storage, read_write> differences: array<u32>;

const WORKGROUP_SIZE = 64u;
const INFINITY = 0x7f800000u;
const NOT_A_NUMBER = 0x7fc00000u;
const SIGN = 0x80000000u;

fn toNumber(bits: u32) -> f32 {
  return select(select(f32(bits), f32(bitcast<i32>(bits)), VALUE_TYPE == 1u), bitcast<f32>(bits), VALUE_TYPE == 0u);
}

/** The bits of b − a. */
fn differ(a: u32, b: u32) -> u32 {
  let sizeA = select(0u, a & ~SIGN, VALUE_TYPE == 0u);
  let sizeB = select(0u, b & ~SIGN, VALUE_TYPE == 0u);
  let isFinite = (sizeA < INFINITY) & (sizeB < INFINITY);
  let number = toNumber(select(0u, b, isFinite)) - toNumber(select(0u, a, isFinite));
  // Of one infinity and a number the infinity is left, with the other sign where it is subtracted.
  let infinite = select(a ^ SIGN, b, sizeB == INFINITY);
  let isNotNumber = (sizeA > INFINITY) | (sizeB > INFINITY) | ((sizeA == INFINITY) & (a == b));
  return select(select(infinite, NOT_A_NUMBER, isNotNumber), bitcast<u32>(number), isFinite);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = id.x + id.y * (workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) { return; }
  let channel = index / params.area;
  let inside = index - channel * params.area;
  let y = inside / params.mapWidth;
  let x = inside - y * params.mapWidth;
  let a = values[params.offset + channel * params.channelStride + y * params.rowStride + x * params.columnStride];
  let b = valuesB[params.offsetB + channel * params.channelStrideB + y * params.rowStrideB + x * params.columnStrideB];
  differences[index] = differ(a, b);
}
