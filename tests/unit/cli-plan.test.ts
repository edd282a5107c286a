// `convcam plan`: what a person and a program can read of a plan, without a GPU.
import { expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { catchPrinted } from "../support/printed.ts";

const printed = catchPrinted();

const plan = (...options: readonly string[]) => main(["plan", "models/mnist-trained.onnx", ...options]);

test.each(["gpu", "software"])("lists the steps, buffers, values and memory for a target: %s", async (target) => {
  expect(await plan("--target", target, "--observe", "conv_1")).toBe(0);
  expect(printed.text).toContain(target === "gpu" ? "planned for a graphics card" : "planned for software, 4 lanes");
  const lines = printed.text.split("\n");
  const stepOf = (node: string) => lines.find((line) => new RegExp(`^\\s*\\d+ +${node} `).test(line)) ?? "";
  expect(stepOf("conv_2")).toMatch(/Conv +\S.* 1×64×11×11 +.*input=\d+.*output→\d+/);
  expect(stepOf("output_layer")).toContain("Softmax");
  for (const title of ["Steps of one run (", "Buffers", "Values that can be read", "Weights  ", "Activations  "])
    expect(printed.text).toContain(title);
  expect(lines.find((line) => line.startsWith("conv_1 "))).toMatch(/float32 +1×32×26×26/);
});

test("gives a program all but code and contents", async () => {
  expect(await plan("--json", "--target", "gpu")).toBe(0);
  const { steps, buffers, values, memory, target } = JSON.parse(printed.text);
  expect(target).toEqual({
    maxBindingBytes: 128 * 2 ** 20,
    maxBufferBytes: 256 * 2 ** 20,
    maxStorageBuffers: 8,
    maxWorkgroups: 65_535,
  });
  for (const step of steps) {
    expect(Object.keys(step)).toEqual(
      expect.arrayContaining(["node", "kernel", "shader", "params", "bindings", "workgroups", "macs", "bytes"]),
    );
    for (const buffer of Object.values(step.bindings)) expect(buffers[buffer as number].sizeBytes).toBeGreaterThan(0);
  }
  expect(values.output_layer).toMatchObject({ shape: [1, 10], producedBy: steps.length - 1 });
  expect(memory.weightBytes).toBe(
    buffers
      .filter(({ role }: { role: string }) => role === "weights")
      .reduce((sum: number, { sizeBytes }: { sizeBytes: number }) => sum + sizeBytes, 0),
  );
});

test("names what it does not know", async () => {
  expect(await plan("--target", "gpu", "--observe", "conv_9")).toBe(1);
  expect(printed.text).toContain(
    "--observe: no value or layer is called 'conv_9'. There are 'input_layer', 'conv_1/preactivation', 'conv_1',",
  );
});
