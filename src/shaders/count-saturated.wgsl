// How many elements of each channel lie at a bound of the activation that computed them.
//   saturated[channel] = how many finite x are ≤ least or ≥ most
// Layout: any offset and strides.
// One workgroup counts one channel: each lane reads every 64th element.

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
  channelCount: u32,
  least: f32,
  most: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> saturated: array<u32>;

const WORKGROUP_SIZE = 64u;

var<workgroup> counted: atomic<u32>;

/** By bits: a compiler may assume that no f32 is infinite or NaN. */
fn isFinite(bits: u32) -> bool {
  return (VALUE_TYPE != 0u) | ((bits & 0x7f800000u) != 0x7f800000u);
}

fn toNumber(bits: u32) -> f32 {
  return select(select(f32(bits), f32(bitcast<i32>(bits)), VALUE_TYPE == 1u), bitcast<f32>(bits), VALUE_TYPE == 0u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groupCount: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let channel = group.x + group.y * groupCount.x;
  if (channel >= params.channelCount) { return; }
  let start = params.offset + channel * params.channelStride;
  var count = 0u;
  for (var element = lane; element < params.area; element += WORKGROUP_SIZE) {
    let y = element / params.mapWidth;
    let x = element - y * params.mapWidth;
    let bits = values[start + y * params.rowStride + x * params.columnStride];
    let finite = isFinite(bits);
    let number = toNumber(select(0u, bits, finite));
    count += select(0u, 1u, finite & ((number <= params.least) | (number >= params.most)));
  }
  atomicAdd(&counted, count);
  workgroupBarrier();
  if (lane == 0u) { saturated[channel] = atomicLoad(&counted); }
}
