// The weights of a layer as tiles: one for each output channel, in which its kernels stand side by side, one for each input channel; or their mean.
// Where there are weights of before, what has changed since. Between kernels, and where none is, stands 0.
// What is not finite is told by its bits, since a compiler may assume that no f32 is: a change from or to such a number is NaN.
// Layout: weights of any offset and strides between output channels, input channels and neighbours in a kernel; `before` the same without the
// offset; `tiles` is dense: tile after tile, row by row. One invocation computes one element.

struct Params {
  offset: u32,
  outputStride: u32,
  inputStride: u32,
  /** From one weight of a kernel to the next. */
  step: u32,
  /** Input channels that each output channel reads. */
  inputs: u32,
  /** Of one kernel. */
  rows: u32,
  columns: u32,
  /** Kernels side by side in a tile, and elements between two. */
  across: u32,
  gap: u32,
  tileWidth: u32,
  /** Elements of one tile. */
  area: u32,
  /** Elements of all tiles. */
  count: u32,
  /** 1 where a tile is the mean over input channels. */
  isMean: u32,
  /** 1 where `before` is taken off. */
  isChange: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<u32>;
@group(0) @binding(2) var<storage, read> before: array<u32>;
@group(0) @binding(3) var<storage, read_write> tiles: array<u32>;

const WORKGROUP_SIZE = 64u;
const INFINITY = 0x7f800000u;
const NOT_A_NUMBER = 0x7fc00000u;

/** The bits of a weight, or of its change. */
fn bitsAt(index: u32) -> u32 {
  let now = weights[params.offset + index];
  if (params.isChange == 0u) { return now; }
  let then = before[index];
  let isFinite = ((now & INFINITY) != INFINITY) & ((then & INFINITY) != INFINITY);
  let change = bitcast<f32>(select(0u, now, isFinite)) - bitcast<f32>(select(0u, then, isFinite));
  return select(NOT_A_NUMBER, bitcast<u32>(change), isFinite);
}

fn meanAt(first: u32) -> u32 {
  var sum = 0.0;
  var isFinite = true;
  for (var input = 0u; input < params.inputs; input++) {
    let bits = bitsAt(first + input * params.inputStride);
    let isOne = (bits & INFINITY) != INFINITY;
    sum += bitcast<f32>(select(0u, bits, isOne));
    isFinite = isFinite & isOne;
  }
  return select(NOT_A_NUMBER, bitcast<u32>(sum / f32(params.inputs)), isFinite);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = id.x + id.y * (workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) { return; }
  let output = index / params.area;
  let inside = index - output * params.area;
  let y = inside / params.tileWidth;
  let x = inside - y * params.tileWidth;
  let down = y / (params.rows + params.gap);
  let along = x / (params.columns + params.gap);
  let row = y - down * (params.rows + params.gap);
  let column = x - along * (params.columns + params.gap);
  let input = down * params.across + along;
  let first = output * params.outputStride + (row * params.columns + column) * params.step;
  let isKernel = (row < params.rows) & (column < params.columns) & (along < params.across) & (input < params.inputs);
  if (params.isMean == 1u) {
    tiles[index] = meanAt(first);
  } else if (isKernel) {
    tiles[index] = bitsAt(first + input * params.inputStride);
  } else {
    tiles[index] = 0u;
  }
}
