// RNN, GRU and LSTM: the steps of a sequence one after the other. What inputs add to the gates is computed already, with all biases but that of
// GRU's recurrent part where its reset comes after the product.
//
//   h[t] = cell(gates[t] + R · h[t − 1])
//
// One workgroup does one sequence in one direction, its invocations share the units of a step. The state holds, for each of them, h, the next h,
// c of LSTM or the reset h of GRU.

override KIND: u32 = 0u; // 0 RNN, 1 GRU, 2 LSTM
override RESETS_AFTER: u32 = 0u; // GRU's linear_before_reset

const WORKGROUP_SIZE = 64u;

struct Params {
  sequences: u32, // directions × batch
  batch: u32,
  directions: u32,
  steps: u32,
  hidden: u32,
  is_reverse: u32, // the first direction goes backwards
  input_forget: u32,
  has_lengths: u32,
  limit: f32, // of what enters an activation
  functions: vec3<u32>, // 0 sigmoid, 1 tanh, 2 ReLU
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gates: array<f32>; // [steps, batch, directions, gate, hidden]
@group(0) @binding(2) var<storage, read> recurrence: array<f32>; // [directions, gate, hidden, hidden]
@group(0) @binding(3) var<storage, read> lengths: array<i32>;
@group(0) @binding(4) var<storage, read> initial: array<f32>; // h, c and peepholes of [directions, …], then GRU's bias, one behind the other
@group(0) @binding(5) var<storage, read_write> states: array<f32>; // [sequences, 3, hidden]
@group(0) @binding(6) var<storage, read_write> output: array<f32>; // [steps, directions, batch, hidden], then the last h and c

fn activated(x: f32, kind: u32) -> f32 {
  let within = clip(x, -params.limit, params.limit);
  let is_tanh = kind == 1u;
  // The hyperbolic tangent is a sigmoid of twice the number.
  let bounded = clip(select(within, 2.0 * within, is_tanh), -80.0, 80.0);
  let sigmoid = 1.0 / (1.0 + exp(-bounded));
  return select(select(sigmoid, 2.0 * sigmoid - 1.0, is_tanh), select(within, 0.0, within < 0.0), kind == 2u);
}

// A row of the recurrent weights times a part of the state.
fn along(row: u32, state: u32) -> f32 {
  var sum = 0.0;
  for (var k = 0u; k < params.hidden; k++) {
    sum += recurrence[row * params.hidden + k] * states[state + k];
  }
  return sum;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) workgroup_id: vec3<u32>,
  @builtin(num_workgroups) num_workgroups: vec3<u32>,
) {
  let sequence = workgroup_id.x + workgroup_id.y * num_workgroups.x;
  if (sequence >= params.sequences) {
    return;
  }
  let hidden = params.hidden;
  let direction = sequence / params.batch;
  let own = sequence % params.batch;
  let gate_count = select(select(4u, 3u, KIND == 1u), 1u, KIND == 0u);
  let h = sequence * 3u * hidden;
  let next = h + hidden;
  let c = next + hidden;
  let state_size = params.sequences * hidden;
  let peepholes = 2u * state_size + direction * 3u * hidden;
  let bias = 2u * state_size + params.directions * 3u * hidden + direction * hidden;
  let first_row = direction * gate_count * hidden;
  let is_reverse = (params.is_reverse == 1u) | (direction == 1u);
  let given = min(u32(max(lengths[own * params.has_lengths], 0)), params.steps);
  let length = select(params.steps, given, params.has_lengths == 1u);
  for (var unit = lane; unit < hidden; unit += WORKGROUP_SIZE) {
    states[h + unit] = initial[sequence * hidden + unit];
    states[c + unit] = initial[state_size + sequence * hidden + unit];
  }
  storageBarrier();
  for (var step = 0u; step < params.steps; step++) {
    let is_over = step >= length;
    let time = select(select(step, length - 1u - min(step, length - 1u), is_reverse), step, is_over);
    let gate = ((time * params.batch + own) * params.directions + direction) * gate_count * hidden;
    if ((KIND == 1u) & (RESETS_AFTER == 0u)) {
      for (var unit = lane; unit < hidden; unit += WORKGROUP_SIZE) {
        let r = activated(gates[gate + hidden + unit] + along(first_row + hidden + unit, h), params.functions.x);
        states[c + unit] = r * states[h + unit];
      }
      storageBarrier();
    }
    for (var unit = lane; unit < hidden; unit += WORKGROUP_SIZE) {
      let before = states[h + unit];
      var value = 0.0;
      if (KIND == 0u) {
        value = activated(gates[gate + unit] + along(first_row + unit, h), params.functions.x);
      }
      if (KIND == 1u) {
        let z = activated(gates[gate + unit] + along(first_row + unit, h), params.functions.x);
        var candidate = gates[gate + 2u * hidden + unit];
        if (RESETS_AFTER == 1u) {
          let r = activated(gates[gate + hidden + unit] + along(first_row + hidden + unit, h), params.functions.x);
          candidate += r * (along(first_row + 2u * hidden + unit, h) + initial[bias + unit]);
        }
        if (RESETS_AFTER == 0u) {
          candidate += along(first_row + 2u * hidden + unit, c);
        }
        value = (1.0 - z) * activated(candidate, params.functions.y) + z * before;
      }
      if (KIND == 2u) {
        let cell = states[c + unit];
        let second = unit + hidden;
        let third = second + hidden;
        let fourth = third + hidden;
        let i = activated(gates[gate + unit] + along(first_row + unit, h) + initial[peepholes + unit] * cell, params.functions.x);
        let forget = activated(gates[gate + third] + along(first_row + third, h) + initial[peepholes + third] * cell, params.functions.x);
        let f = select(forget, 1.0 - i, params.input_forget == 1u);
        let candidate = activated(gates[gate + fourth] + along(first_row + fourth, h), params.functions.y);
        let updated = f * cell + i * candidate;
        let o = activated(gates[gate + second] + along(first_row + second, h) + initial[peepholes + second] * updated, params.functions.x);
        value = o * activated(updated, params.functions.z);
        states[c + unit] = select(updated, cell, is_over);
      }
      states[next + unit] = select(value, before, is_over);
      output[((time * params.directions + direction) * params.batch + own) * hidden + unit] = select(value, 0.0, is_over);
    }
    storageBarrier();
    for (var unit = lane; unit < hidden; unit += WORKGROUP_SIZE) {
      states[h + unit] = states[next + unit];
    }
    storageBarrier();
  }
  let last = params.steps * state_size + sequence * hidden;
  for (var unit = lane; unit < hidden; unit += WORKGROUP_SIZE) {
    output[last + unit] = states[h + unit];
    output[last + state_size + unit] = states[c + unit];
  }
}
