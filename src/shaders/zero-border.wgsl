// Writes zeros into the border around every plane of a value, and nothing else: another value lay there before.
// Of a plane's words the border is `head` at its start, `gap` after every row of the map but the last, `tail` at its end.
// One invocation writes one word.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32,  // words of the border, of all planes
  border: u32, // of one plane
  head: u32,
  gap: u32,    // at least 1
  tail: u32,
  width: u32,  // of the map
  plane: u32,  // words
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> value: array<u32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let i = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (i >= params.count) {
    return;
  }
  let border = params.border;
  let head = params.head;
  let k = i % border;
  let between = k - head;
  let row = between / params.gap;
  // What lies before word k of the border: whole rows of the map, or the whole of it.
  let inside = select((row + 1u) * params.width, 0u, k < head);
  let at = select(k + inside, k + params.plane - border, k >= border - params.tail);
  value[(i / border) * params.plane + at] = 0u;
}
