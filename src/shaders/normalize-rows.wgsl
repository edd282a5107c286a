// Instance, group and layer normalisation: every row of the input is brought to mean 0 and deviation 1, then scaled and shifted.
//
//   y = (x − mean) · inverse_deviation · scale[s] + bias[s],   inverse_deviation = 1 / √(variance + ε)
//   s = (row % period) · row_step + (element / inner) · element_step
//
// Instance: a row is one channel's plane. Group: the planes of a group's channels. Layer: the last axes. A row is [channels, height, width]
// through strides; rows are [row_extent.x, row_extent.y] through strides. One workgroup computes one row, its invocations share the sums.

override LANES: u32 = 64u; // invocations per row

struct Params {
  length: u32, // elements of a row
  width: u32,
  height: u32,
  epsilon: f32,
  rows: u32,
  rows_y: u32, // rows per step of the first row axis
  period: u32,
  row_step: u32,
  inner: u32,
  element_step: u32,
  input_offset: u32,
  output_offset: u32,
  input_row_strides: vec2<u32>,
  output_row_strides: vec2<u32>,
  input_strides: vec3<u32>, // channel, height, width within a row
  output_strides: vec3<u32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;
@group(0) @binding(5) var<storage, read_write> means: array<f32>; // one per row
@group(0) @binding(6) var<storage, read_write> inverse_deviations: array<f32>; // one per row

var<workgroup> partial: array<f32, LANES>;

fn place_of(element: u32, width: u32, height: u32) -> vec3<u32> {
  let line = element / width;
  return vec3<u32>(line / height, line % height, element % width);
}

// The sum over all invocations of the workgroup.
fn add_up(own: f32, lane: u32) -> f32 {
  partial[lane] = own;
  workgroupBarrier();
  var sum = 0.0;
  for (var other = 0u; other < LANES; other++) {
    sum += partial[other];
  }
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) workgroup_id: vec3<u32>,
  @builtin(num_workgroups) num_workgroups: vec3<u32>,
) {
  let index = workgroup_id.x + workgroup_id.y * num_workgroups.x;
  let row = min(index, params.rows - 1u);
  let row_place = vec2<u32>(row / params.rows_y, row % params.rows_y);
  let source = params.input_offset + dot(row_place, params.input_row_strides);
  let destination = params.output_offset + dot(row_place, params.output_row_strides);
  let length = params.length;
  let width = params.width;
  let height = params.height;
  let input_strides = params.input_strides;
  let output_strides = params.output_strides;

  var sum = 0.0;
  for (var i = lane; i < length; i += LANES) {
    sum += input[source + dot(place_of(i, width, height), input_strides)];
  }
  let mean = add_up(sum, lane) / f32(length);
  var squares = 0.0;
  for (var i = lane; i < length; i += LANES) {
    let difference = input[source + dot(place_of(i, width, height), input_strides)] - mean;
    squares += difference * difference;
  }
  let inverse_deviation = inverseSqrt(add_up(squares, lane) / f32(length) + params.epsilon);

  if (index >= params.rows) {
    return;
  }
  let first = (row % params.period) * params.row_step;
  let inner = params.inner;
  let element_step = params.element_step;
  for (var i = lane; i < length; i += LANES) {
    let place = place_of(i, width, height);
    let at = first + (i / inner) * element_step;
    let normal = (input[source + dot(place, input_strides)] - mean) * inverse_deviation;
    output[destination + dot(place, output_strides)] = normal * scale[at] + bias[at];
  }
  if (lane == 0u) {
    means[row] = mean;
    inverse_deviations[row] = inverse_deviation;
  }
}
