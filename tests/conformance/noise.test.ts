// Noise is that of Threefry-2x32, number by number.
import { expect, test } from "vitest";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

type Words = readonly [number, number];

/** Threefry-2x32 with 20 rounds: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". */
function threefry(key: Words, counter: Words): Words {
  const turns = [
    [13, 15, 26, 6],
    [17, 29, 16, 24],
  ] as const;
  const keys = [key[0], key[1], (key[0] ^ key[1] ^ 0x1bd11bda) >>> 0] as const;
  let [a, b] = [(counter[0] + keys[0]) >>> 0, (counter[1] + keys[1]) >>> 0];
  for (let group = 0; group < 5; group++) {
    for (const turn of turns[group % 2] as readonly number[]) {
      a = (a + b) >>> 0;
      b = (((b << turn) | (b >>> (32 - turn))) ^ a) >>> 0;
    }
    a = (a + (keys[(group + 1) % 3] as number)) >>> 0;
    b = (b + (keys[(group + 2) % 3] as number) + group + 1) >>> 0;
  }
  return [a, b];
}

test("this test's own Threefry gives the published answers", () => {
  expect(threefry([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe]);
  expect(threefry([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff])).toEqual([0x1cb996fc, 0xbb002be7]);
  expect(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual([0xc4923a9c, 0x483df7a0]);
});

test("noise is normal, and the same for the same seed and sample", () =>
  withDevice(async (device) => {
    const shape = [1, 1, 40, 50];
    const graph = graphOf({
      inputs: { x: shape, sample: [1] },
      nodes: [{ ...op("Noise", "x sample", "y", { seed: 7 }), domain: "convcam" }],
    });
    const model = await loadModel(device, { ...graph, opsets: new Map([...graph.opsets, ["convcam", 1]]) });
    const x = Tensor.filled("float32", shape, 0);
    const noiseOf = async (sample: number) => [
      ...((await model.predict({ x, sample: Float32Array.of(sample) }))["y"] as Tensor).toFloat32(),
    ];
    const noise = await noiseOf(5);
    const expected = noise.map((_, place) => {
      const [a, b] = threefry([7, 5], [place, 0]);
      return Math.sqrt(-2 * Math.log(((a >>> 8) + 1) / 2 ** 24)) * Math.cos((2 * Math.PI * (b >>> 8)) / 2 ** 24);
    });
    expect(Math.max(...noise.map((value, i) => Math.abs(value - (expected[i] as number))))).toBeLessThan(1e-3);
    const mean = noise.reduce((a, b) => a + b, 0) / noise.length;
    const variance = noise.reduce((a, b) => a + (b - mean) ** 2, 0) / noise.length;
    expect(Math.abs(mean)).toBeLessThan(0.1);
    expect(Math.abs(variance - 1)).toBeLessThan(0.15);
    expect(await noiseOf(6)).not.toEqual(noise);
    expect(await noiseOf(5)).toEqual(noise);
    model.dispose();
  }));
