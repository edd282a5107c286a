// The ceiling for memory: output = input. One invocation copies four floats.

const WORKGROUP_SIZE = 64u;

@group(0) @binding(0) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  output[index] = input[index];
}
