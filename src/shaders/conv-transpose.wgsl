// Transposed convolution over one or two spatial axes (height 1 for one), gathering: each output sums the taps that reach it.
//
//   y[n, o, y, x] = bias[o] + Σ over i, kh, kw of w[i, o, kh, kw] · x[n, i, iy, ix]
//   where iy · stride = y + pad − kh · dilation has a whole solution inside the input, likewise ix.
//
// Weights are [in channels, out channels / group, kh, kw]; input and output have strides.
// One invocation computes four output channels of one group at four columns. The columns are one stride apart, so they meet the same taps,
// and each weight and each input it loads serves four outputs.

const WORKGROUP_X = 8u;
const WORKGROUP_Y = 8u;

struct Params {
  channels_in: u32, // per group, as all channel counts here
  channels_out: u32,
  blocks: u32, // of four output channels per group
  groups: u32,
  batch: u32,
  columns: u32, // invocations along x: stride · ceil(width / (4 · stride))
  has_bias: u32,
  input_offset: u32,
  output_offset: u32,
  input_extent: vec2<i32>, // height, width, as all that follow
  output_extent: vec2<i32>,
  kernel: vec2<i32>,
  step: vec2<i32>, // stride
  dilation: vec2<i32>,
  pad: vec2<i32>, // before the first element
  shift: i32, // a multiple of the column stride that keeps tap columns from being negative
  input_strides: vec4<u32>, // n, c, h, w
  output_strides: vec4<u32>, // n, c, h, w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;

// Writes one output channel at the four columns.
fn store(sum: vec4<f32>, channel: u32, group: u32, base: u32, x: vec4<i32>) {
  if (channel >= params.channels_out) {
    return;
  }
  let o = group * params.channels_out + channel;
  let row = base + o * params.output_strides.y;
  let shifted = sum + select(0.0, bias[o * params.has_bias], params.has_bias == 1u);
  for (var i = 0u; i < 4u; i++) {
    if (x[i] < params.output_extent.y) {
      output[row + u32(x[i]) * params.output_strides.w] = shifted[i];
    }
  }
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn main(
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(workgroup_id) workgroup_id: vec3<u32>,
  @builtin(num_workgroups) num_workgroups: vec3<u32>,
) {
  let number = workgroup_id.x + workgroup_id.y * num_workgroups.x;
  let across = (params.columns + WORKGROUP_X - 1u) / WORKGROUP_X;
  let down = (u32(params.output_extent.x) + WORKGROUP_Y - 1u) / WORKGROUP_Y;
  let own_column = number % across * WORKGROUP_X + local.x;
  let own_row = number / across % down * WORKGROUP_Y + local.y;
  let own_map = number / (across * down);
  let y = i32(own_row);
  if (own_column >= params.columns || y >= params.output_extent.x || own_map >= params.batch * params.groups * params.blocks) {
    return;
  }
  let step = params.step.y;
  let column = i32(own_column);
  let first_x = (column % step) + (column / step) * step * 4;
  let x = vec4<i32>(first_x) + vec4<i32>(0, 1, 2, 3) * step;
  let channel_block = own_map % params.blocks;
  let group = (own_map / params.blocks) % params.groups;
  let n = own_map / (params.blocks * params.groups);

  let tap_count = u32(params.kernel.x * params.kernel.y);
  let channel = channel_block * 4u;
  let own = vec4<u32>(channel) + vec4<u32>(0u, 1u, 2u, 3u);
  let channels = min(own, vec4<u32>(params.channels_out - 1u)) * tap_count;
  let weight_step = params.channels_out * tap_count;
  let first_weight = group * params.channels_in * weight_step;
  let first_input = params.input_offset + n * params.input_strides.x + group * params.channels_in * params.input_strides.y;

  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var kh = 0; kh < params.kernel.x; kh++) {
    let tap_y = y + params.pad.x - kh * params.dilation.x;
    let iy = tap_y / params.step.x;
    if ((tap_y >= 0) & (iy * params.step.x == tap_y) & (iy < params.input_extent.x)) {
      for (var kw = 0; kw < params.kernel.y; kw++) {
        let tap_x = x.x + params.pad.y - kw * params.dilation.y + params.shift;
        if (tap_x % step == 0) {
          let ix = (tap_x - params.shift) / step + vec4<i32>(0, 1, 2, 3);
          let inside = (ix >= vec4<i32>(0)) & (ix < vec4<i32>(params.input_extent.y));
          let columns = vec4<u32>(clamp(ix, vec4<i32>(0), vec4<i32>(params.input_extent.y - 1))) * params.input_strides.w;
          var at = first_input + u32(iy) * params.input_strides.z;
          var weight_at = first_weight + u32(kh * params.kernel.y + kw) + channels;
          for (var i = 0u; i < params.channels_in; i++) {
            let loaded = vec4<f32>(input[at + columns.x], input[at + columns.y], input[at + columns.z], input[at + columns.w]);
            let values = select(vec4<f32>(), loaded, inside);
            sum0 += weight[weight_at.x] * values;
            sum1 += weight[weight_at.y] * values;
            sum2 += weight[weight_at.z] * values;
            sum3 += weight[weight_at.w] * values;
            at += params.input_strides.y;
            weight_at += vec4<u32>(weight_step);
          }
        }
      }
    }
  }
  let base = params.output_offset + n * params.output_strides.x + own_row * params.output_strides.z;
  store(sum0, channel, group, base, x);
  store(sum1, channel + 1u, group, base, x);
  store(sum2, channel + 2u, group, base, x);
  store(sum3, channel + 3u, group, base, x);
}
