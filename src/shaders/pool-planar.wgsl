// Pooling with an undilated window over height and width, NCHW through strides: the form that nearly every network uses.
//
//   max      y[n,c,oy,ox] = max x[n,c,iy,ix]             over the taps inside the input
//   average  y[n,c,oy,ox] = Σ x[n,c,iy,ix] / taps counted
//   where iy = oy · stride − pad + kh, likewise ix.
//
// An undilated window's taps outside the input repeat its edge without changing a maximum, so a maximum only clamps.
// One invocation computes four neighbouring columns; it loads each input once for all windows that hold it.

override IS_AVERAGE: bool = false;
const WORKGROUP_X = 8u;
const WORKGROUP_Y = 8u;

struct Params {
  channels: u32,
  input_offset: u32,
  output_offset: u32,
  input_extent: vec2<i32>, // height, width, as all that follow
  output_extent: vec2<i32>,
  kernel: vec2<i32>,
  step: vec2<i32>, // stride
  pad: vec2<i32>, // before the first element
  counted_from: vec2<i32>, // taps in [counted_from, counted_to) make the average's divisor
  counted_to: vec2<i32>,
  input_strides: vec4<u32>, // n, c, h, w
  output_strides: vec4<u32>, // n, c, h, w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let y = i32(id.y);
  let x = i32(id.x) * 4 + vec4<i32>(0, 1, 2, 3);
  if (y >= params.output_extent.x || x.x >= params.output_extent.y) {
    return;
  }
  let n = id.z / params.channels;
  let c = id.z % params.channels;
  let base = params.input_offset + n * params.input_strides.x + c * params.input_strides.y;
  let last = params.input_extent - 1;
  let start_y = y * params.step.x - params.pad.x;
  let start_x = x * params.step.y - params.pad.y;
  let width = 3 * params.step.y + params.kernel.y;

  var highest = vec4<f32>(-3.4028234e38);
  var sum = vec4<f32>();
  for (var kh = 0; kh < params.kernel.x; kh++) {
    let row = start_y + kh;
    let row_base = base + u32(clamp(row, 0, last.x)) * params.input_strides.z;
    let row_inside = row == clamp(row, 0, last.x);
    for (var i = 0; i < width; i++) {
      let column = start_x.x + i;
      let clamped = clamp(column, 0, last.y);
      let value = input[row_base + u32(clamped) * params.input_strides.w];
      let held = (vec4<i32>(column) >= start_x) & (vec4<i32>(column) < start_x + params.kernel.y);
      if (IS_AVERAGE) {
        let inside = row_inside & (column == clamped);
        sum += select(vec4<f32>(), vec4<f32>(select(0.0, value, inside)), held);
      }
      if (!IS_AVERAGE) {
        highest = select(highest, max(highest, vec4<f32>(value)), held);
      }
    }
  }
  var result = highest;
  if (IS_AVERAGE) {
    let rows = min(start_y + params.kernel.x, params.counted_to.x) - max(start_y, params.counted_from.x);
    let columns = min(start_x + params.kernel.y, vec4<i32>(params.counted_to.y)) - max(start_x, vec4<i32>(params.counted_from.y));
    result = sum / vec4<f32>(rows * columns);
  }
  let row_start = params.output_offset + n * params.output_strides.x + c * params.output_strides.y + id.y * params.output_strides.z;
  for (var i = 0u; i < 4u; i++) {
    if (x[i] < params.output_extent.y) {
      output[row_start + u32(x[i]) * params.output_strides.w] = result[i];
    }
  }
}
