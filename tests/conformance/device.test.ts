// The GPU that every other test of this folder stands on.
import { expect, test } from "vitest";
import { readBack } from "../../src/engine/gpu/read-buffer.ts";
import { defineShader } from "../../src/shaders/shader.ts";
import { withDevice } from "../support/with-device.ts";

test("a device computes and its byte counter returns to zero", async () => {
  await withDevice(async (device) => {
    const code = `@group(0) @binding(0) var<storage, read_write> data: array<u32>;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { data[id.x] = id.x * id.x; }`;
    const pipeline = await device.pipeline(defineShader("squares", code));
    const data = device.createBuffer("data", 256, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
    const staging = device.createBuffer("staging", 256, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    expect(device.allocatedBytes).toBe(512);
    const encoder = device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      device.gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer: data } }] }),
    );
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(data, 0, staging, 0, 256);
    device.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    expect([...new Uint32Array(staging.getMappedRange())]).toEqual(Array.from({ length: 64 }, (_, i) => i * i));
    device.destroyBuffer(data);
    device.destroyBuffer(staging);
    expect(device.allocatedBytes).toBe(0);
  });
});

test("a validation error fails the test that caused it", async () => {
  const broken = withDevice(async (device) => {
    device.gpu.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  });
  await expect(broken).rejects.toThrow("WebGPU validation");
});

test("devices share one Dawn and come and go", async () => {
  for (let i = 0; i < 5; i++) await withDevice(async (device) => expect(device.isDisposed).toBe(false));
});

test("a buffer that somebody holds is destroyed when nobody does any more", () =>
  withDevice(async (device) => {
    const data = device.createBuffer("data", 4, GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST);
    const read = async () => {
      await Promise.resolve();
      return readBack(device, data, 4);
    };
    device.gpu.queue.writeBuffer(data, 0, new Uint32Array([7]));
    const both = [device.holding([data], read), device.holding([data, data], read)];
    const failing = expect(device.holding([data], () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    device.destroyBuffer(data);
    expect(device.allocatedBytes).toBeGreaterThanOrEqual(4);
    expect((await Promise.all(both)).map((bytes) => [...new Uint32Array(bytes)])).toEqual([[7], [7]]);
    await failing;
    expect(device.allocatedBytes).toBe(0);
  }));
