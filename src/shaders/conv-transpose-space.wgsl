// Transposed convolution over three spatial axes, gathering: each output sums the taps that reach it.
//
//   y[n, o, p] = bias[o] + Σ over i, k of w[i, o, k] · x[n, i, q],   where q · stride = p + pad − k · dilation has a whole solution inside the input
//
// Operands are dense; weights are [in channels, out channels / group, kd, kh, kw]. One invocation computes one output.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // outputs
  channels_in: u32, // per group, as all channel counts here
  channels_out: u32,
  groups: u32,
  has_bias: u32,
  input_extent: vec3<i32>, // depth, height, width, as all that follow
  output_extent: vec3<i32>,
  kernel: vec3<i32>,
  step: vec3<i32>, // stride
  dilation: vec3<i32>,
  pad: vec3<i32>, // before the first element
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;

fn elements(extent: vec3<i32>) -> u32 {
  return u32(extent.x * extent.y * extent.z);
}

fn place(index: u32, extent: vec3<i32>) -> vec3<i32> {
  let at = i32(index);
  return vec3<i32>(at / (extent.y * extent.z), (at / extent.z) % extent.y, at % extent.z);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let points = elements(params.output_extent);
  let taps = elements(params.kernel);
  let inputs = elements(params.input_extent);
  let own = place(index % points, params.output_extent) + params.pad;
  let map = index / points;
  let channel = map % params.channels_out;
  let group = map / params.channels_out % params.groups;
  let first_map = map / params.channels_out * params.channels_in;
  let first_weight = (group * params.channels_in * params.channels_out + channel) * taps;
  var sum = 0.0;
  for (var tap = 0u; tap < taps; tap++) {
    let reach = own - place(tap, params.kernel) * params.dilation;
    let source = reach / params.step;
    let is_whole = all((reach >= vec3<i32>(0)) & (source * params.step == reach) & (source < params.input_extent));
    if (is_whole) {
      let at = u32((source.x * params.input_extent.y + source.y) * params.input_extent.z + source.z);
      for (var i = 0u; i < params.channels_in; i++) {
        sum += weight[first_weight + i * params.channels_out * taps + tap] * input[(first_map + i) * inputs + at];
      }
    }
  }
  output[index] = sum + select(0.0, bias[(group * params.channels_out + channel) * params.has_bias], params.has_bias == 1u);
}
