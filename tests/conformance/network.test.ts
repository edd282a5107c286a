// Several executions of one network: what they share, what is their own, and how they end.
import { describe, expect, test } from "vitest";
import { DeviceError } from "../../src/engine/errors.ts";
import type { TypedGraph } from "../../src/engine/graph/graph.ts";
import { loadNetwork } from "../../src/engine/load-network.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

const same = { pads: [1, 1, 0, 0] };
const x = noise([1, 2, 6, 7]);
const graph = graphOf({
  inputs: { x: x.shape },
  constants: { w: noise([2, 2, 2, 2], 2), v: noise([2, 2, 2, 2], 3) },
  nodes: [op("Conv", "x w", "a", same), op("Relu", "a", "b"), op("Conv", "b v", "y", same)],
});

/** The graph with its output's sign changed. */
function negated(typed: TypedGraph) {
  const last = { ...op("Conv", "b v", "positive", same), name: "y" };
  return { ...typed, nodes: [...typed.nodes.slice(0, -1), last, { ...op("Neg", "positive", "y"), name: "negation" }] };
}

describe("executions of one network", () => {
  test("share its constants, and have values of their own", () =>
    withDevice(async (device) => {
      const network = await loadNetwork(device, graph);
      const plain = await network.execute();
      const weightBytes = plain.plan.memory.weightBytes;
      const before = device.allocatedBytes;
      const observed = await network.execute({ observe: ["b"] });
      const { weightBytes: second, activationBytes } = observed.plan.memory;
      expect(second).toBe(weightBytes);
      // Params and memory for reading back are each execution's own.
      expect(device.allocatedBytes - before).toBeLessThan(activationBytes + weightBytes + 4096);
      const { y } = await plain.predict({ x });
      expect((await observed.predict({ x }))["y"]).toEqual(y);
      observed.write({ x: noise(x.shape, 9) });
      expect(await plain.read("x")).toEqual(x);
      network.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("may run another graph than the file's", () =>
    withDevice(async (device) => {
      const network = await loadNetwork(device, graph);
      const [plain, edited] = await Promise.all([network.execute(), network.execute({ derivation: { derive: negated }, observe: ["b"] })]);
      const expected = (await plain.predict({ x }))["y"]?.toFloat32() ?? new Float32Array();
      expectClose(
        (await edited.predict({ x }))["y"],
        expected.map((value) => -value),
        "y",
      );
      await edited.derive(undefined);
      expect(edited.observed).toEqual(["b"]);
      expectClose((await edited.predict())["y"], expected, "y again");
      network.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("are disposed of apart", () =>
    withDevice(async (device) => {
      const network = await loadNetwork(device, graph);
      const plain = await network.execute();
      const { y } = await plain.predict({ x });
      await plain.startup.settled;
      const bytes = device.allocatedBytes;
      const other = await network.execute({ observe: "all" });
      other.dispose();
      expect(device.allocatedBytes).toBe(bytes);
      expect((await plain.predict())["y"]).toEqual(y);
      expect(() => other.run()).toThrow(DeviceError);
      network.dispose();
      expect(() => plain.run()).toThrow("This model was disposed of. Load it again.");
      await expect(network.execute()).rejects.toThrow(DeviceError);
      expect(device.allocatedBytes).toBe(0);
    }));

  test("move to another device together", () =>
    withDevice((left) =>
      withDevice(async (right) => {
        const network = await loadNetwork(left, graph);
        const executions = [await network.execute(), await network.execute({ derivation: { derive: negated }, observe: ["b"] })];
        const before = await Promise.all(executions.map((execution) => execution.predict({ x })));
        await network.moveTo(right);
        expect(left.allocatedBytes).toBe(0);
        for (const [i, execution] of executions.entries())
          expectClose((await execution.predict({ x }))["y"], before[i]?.["y"]?.toFloat32() ?? [], "y");
        network.dispose();
        expect(right.allocatedBytes).toBe(0);
      }),
    ));

  test("go through their stages: quick-start where compiling takes long, then settled", () =>
    withDevice(async (device) => {
      const network = await loadNetwork(device, graph);
      const execution = await network.execute();
      const isQuick = () => execution.startup.quickBlock([]) !== undefined;
      expect(isQuick()).toBe(device.target.profile === "software");
      execution.run({ x });
      await execution.startup.settled;
      expect(isQuick()).toBe(false);
      network.dispose();
    }));
});
