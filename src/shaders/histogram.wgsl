// How many elements of some channels lie in each of 64 equal parts of a range.
//   bin = ⌊(x − low) · scale⌋, clamped to 0…63, for every finite x; with `skipZeros` not for 0
// Layout: any offset and strides; channels from `firstChannel` on. `bins` begins with zeros.
// One invocation reads every `stride`-th element. A workgroup counts for itself first, so that few invocations wait for each other.

/** Element type of `values`: 0 f32, 1 i32, 2 u32. */
override VALUE_TYPE: u32 = 0u;

struct Params {
  offset: u32,
  channelStride: u32,
  rowStride: u32,
  columnStride: u32,
  mapWidth: u32,
  /** Elements of one channel. */
  area: u32,
  firstChannel: u32,
  /** Elements of all channels that are counted. */
  count: u32,
  /** Invocations. */
  stride: u32,
  skipZeros: u32,
  low: f32,
  /** Bins per unit. */
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> bins: array<atomic<u32>>;

const WORKGROUP_SIZE = 64u;
const LAST_BIN = 63.0;

var<workgroup> counted: array<atomic<u32>, 64>;

/** By bits: a compiler may assume that no f32 is infinite or NaN. */
fn isFinite(bits: u32) -> bool {
  return (VALUE_TYPE != 0u) | ((bits & 0x7f800000u) != 0x7f800000u);
}

fn toNumber(bits: u32) -> f32 {
  return select(select(f32(bits), f32(bitcast<i32>(bits)), VALUE_TYPE == 1u), bitcast<f32>(bits), VALUE_TYPE == 0u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = id.x + id.y * (workgroups.x * WORKGROUP_SIZE);
  for (var element = first; element < params.count; element += params.stride) {
    let channel = element / params.area;
    let place = element - channel * params.area;
    let y = place / params.mapWidth;
    let x = place - y * params.mapWidth;
    let at = params.offset + (params.firstChannel + channel) * params.channelStride + y * params.rowStride + x * params.columnStride;
    let bits = values[at];
    let finite = isFinite(bits);
    let number = toNumber(select(0u, bits, finite));
    let bin = u32(clamp((number - params.low) * params.scale, 0.0, LAST_BIN));
    let isCounted = finite & ((params.skipZeros == 0u) | (number != 0.0));
    atomicAdd(&counted[bin], select(0u, 1u, isCounted));
  }
  workgroupBarrier();
  atomicAdd(&bins[lane], atomicLoad(&counted[lane]));
}
