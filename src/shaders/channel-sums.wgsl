// Sums of a map's channels over rows and columns, for the gradient of a bias.
//
//   y[s, c] = Σ x[n, c, y, x] over the rows (n, y) of slice s and all x
//
// One invocation adds up one slice of one channel, each row for itself.

const WORKGROUP_SIZE = 32u;

struct Params {
  count: u32, // slices × channels
  channels: u32,
  in_offset: u32,
  in_n: u32, // strides in elements
  in_c: u32,
  in_h: u32,
  width: u32,
  height: u32,
  slice_rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let first = index / params.channels * params.slice_rows;
  let height = params.height;
  let width = params.width;
  let whole = width - width % 8u;
  var y = first % height;
  var at = params.in_offset + first / height * params.in_n + index % params.channels * params.in_c + y * params.in_h;
  // From the last row of a map to the first of the next picture.
  let on = params.in_n - (height - 1u) * params.in_h;
  let down = params.in_h;
  var sum = 0.0;
  for (var row = 0u; row < params.slice_rows; row++) {
    var of_row = 0.0;
    for (var x = 0u; x < whole; x += 8u) {
      let i = at + x;
      of_row += ((input[i] + input[i + 1u]) + (input[i + 2u] + input[i + 3u]))
        + ((input[i + 4u] + input[i + 5u]) + (input[i + 6u] + input[i + 7u]));
    }
    for (var x = whole; x < width; x++) {
      of_row += input[at + x];
    }
    sum += of_row;
    y++;
    let ends_map = y == height;
    y = select(y, 0u, ends_map);
    at += select(down, on, ends_map);
  }
  output[index] = sum;
}
