// The networks of a viewer from scene to scene: what is told of moves and changes, what stays observed, and what a second network may spoil.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import type { Results } from "../../src/ui/results.ts";
import type { Scene } from "../../src/ui/scene.ts";
import { Viewer, type ViewerOptions } from "../../src/ui/viewer.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { hiddenCanvas } from "../support/hidden-canvas.ts";
import { withDevice } from "../support/with-device.ts";

// No canvas is drawn on: only the renderer asks for the format.
beforeAll(() => void vi.stubGlobal("navigator", { gpu: { getPreferredCanvasFormat: () => "rgba8unorm" } }));
afterAll(() => void vi.unstubAllGlobals());

const nodes = [op("Relu", "x", "relu"), op("Neg", "relu", "neg"), op("Abs", "neg", "abs"), op("Sqrt", "abs", "y")];
const graph = graphOf({ inputs: { x: [1, 2, 4, 4] }, nodes });

function sceneOf(values: readonly string[], more: Partial<Scene> = {}): Scene {
  const views = values.map((value) => ({ id: value, kind: "mosaic", value, width: 64 }) as const);
  const appearance = { normalization: "layer", colorMap: "auto", pair: "magenta-green", gap: 1 } as const;
  return { views, appearance, preparation: {}, ...more };
}

/** A viewer of the network, with what it tells; disposed of in the end. */
function withViewer(
  options: Partial<ViewerOptions>,
  check: (viewer: Viewer, told: string[]) => Promise<void>,
  onResults: (results: Results) => void = () => {},
): Promise<void> {
  return withDevice(async (device: Device) => {
    const told: string[] = [];
    const listeners = { onMove: () => told.push("moved"), onChange: (which: string) => told.push(`changed ${which}`) };
    const given = { graph, observe: [], inputShapes: {}, precision: "float32", classScores: undefined, ...listeners, ...options } as const;
    const viewer = await Viewer.create(device, given, onResults);
    try {
      await check(viewer, told);
    } finally {
      viewer.dispose();
    }
  });
}

const gate = { channel: 0, scale: 0 };
const without = (told: readonly string[], word: string) => told.filter((one) => !one.startsWith(word));

test("a scene that fails is not asked for again, though values have moved", () =>
  withViewer({}, async (viewer, told) => {
    await viewer.show(sceneOf(["relu"]));
    await viewer.model.gate("relu", gate);
    expect(without(told, "changed")).toEqual(["moved"]);
    await expect(viewer.show(sceneOf(["absent"]))).rejects.toThrow("no value or layer is called 'absent'");
    expect(without(told, "changed")).toEqual(["moved"]);
    await viewer.show(sceneOf(["relu"]));
    expect(without(told, "changed")).toEqual(["moved"]);
    await viewer.frame({});
    await viewer.model.gate("neg", gate);
    expect(without(told, "changed")).toEqual(["moved", "moved"]);
  }));

test("a canvas holds textures while a view is drawn on it, and no longer", () =>
  withViewer({}, async (viewer) => {
    const configured = new Set<string>();
    const canvasOf = (name: string) => hiddenCanvas((isConfigured) => void (isConfigured ? configured.add(name) : configured.delete(name)));
    const canvases = { relu: canvasOf("relu"), neg: canvasOf("neg") };
    const show = (...values: (keyof typeof canvases)[]) => {
      const scene = sceneOf(values);
      return viewer.show({ ...scene, views: scene.views.map((view) => ({ ...view, canvas: canvases[view.value as "relu"] })) });
    };
    await show("relu", "neg");
    expect([...configured]).toEqual(["relu", "neg"]);
    await show("neg");
    expect([...configured]).toEqual(["neg"]);
    // Values move, and every view is made anew.
    await viewer.model.gate("abs", gate);
    await show("relu");
    expect([...configured]).toEqual(["relu"]);
    viewer.dispose();
    expect([...configured]).toEqual([]);
  }));

test("the gates of a scene are told of once, and of which network", () =>
  withViewer({ compared: graph }, async (viewer, told) => {
    await viewer.show(sceneOf([], { gates: [{ value: "relu", ...gate }] }));
    expect(told).toEqual(["changed src"]);
    await viewer.show(sceneOf([], { gates: ["relu", "neg"].map((value) => ({ value, channel: 1, scale: 2 })) }));
    expect(told).toEqual(["changed src", "changed src"]);
    told.length = 0;
    await viewer.compared?.gate("relu", gate);
    expect(without(told, "moved")).toEqual(["changed compare"]);
  }));

test("a page that observes values of its own takes none from the scene, and keeps them from scene to scene", () =>
  withViewer({}, async (viewer) => {
    const { model } = viewer;
    await viewer.show(sceneOf(["relu"]));
    await model.observe(["neg"]);
    await viewer.show(sceneOf(["relu"]));
    expect([...model.observed].sort()).toEqual(["neg", "relu"]);
    await viewer.show(sceneOf(["abs"]));
    expect([...model.observed].sort()).toEqual(["abs", "neg"]);
    await model.observe([]);
    await viewer.show(sceneOf(["abs"]));
    expect(model.observed).toEqual(["abs"]);
    // While a scene is being shown.
    await Promise.all([viewer.show(sceneOf(["relu"])), model.observe(["neg"])]);
    expect([...model.observed].sort()).toEqual(["neg", "relu"]);
  }));

test.each<[string, Graph, string]>([
  ["an operator that there is not", graphOf({ inputs: { x: [1, 2, 4, 4] }, nodes: [op("Nonsense", "x", "y")] }), "Nonsense"],
  ["an open extent", graphOf({ inputs: { z: [1, 2, "h", 4] }, nodes: [op("Relu", "z", "y")] }), "extent 2"],
])("a second network with %s leaves the first to be shown", (_, compared, says) =>
  withViewer({ compared }, async (viewer) => {
    const { problem } = await viewer.show(sceneOf(["relu"]));
    expect(viewer.compared).toBeUndefined();
    expect(problem).toMatch(/^compare: /);
    expect(problem).toContain(says);
    await viewer.frame({});
  }),
);

test("a second network goes on beside a first that has its values", () =>
  withViewer(
    { compared: graphOf({ inputs: { x: [1, 2, 4, 4] }, constants: { c: noise([1]) }, nodes: [op("Mul", "x c", "relu")] }) },
    async (viewer) => {
      await viewer.show(sceneOf(["relu", "neg"]));
      expect(viewer.compared?.observed).toEqual(["relu"]);
    },
  ));

test("a gate that is refused is told in every scene that asks for it, and those beside it hold", () =>
  withViewer({}, async (viewer) => {
    const scene = sceneOf(["relu"], {
      gates: [
        { value: "nope", ...gate },
        { value: "relu", channel: 0, scale: 0, shift: 9 },
      ],
    });
    for (const needsRun of [true, false])
      expect(await viewer.show(scene)).toMatchObject({ needsRun, problem: expect.stringContaining("no value or layer is called 'nope'") });
    viewer.model.run();
    expect((await viewer.model.read("relu")).toFloat32()[0]).toBe(9);
    expect(await viewer.show(sceneOf(["relu"]))).toMatchObject({ needsRun: true, problem: undefined });
  }));

test("gates and weights whose code did not load are asked for again with the next scene", () =>
  withViewer(
    { graph: graphOf({ inputs: { x: [1, 2, 4, 4] }, constants: { c: noise([1]) }, nodes: [op("Mul", "x c", "y")] }) },
    async (viewer) => {
      const scene = sceneOf([], { gates: [{ value: "y", ...gate }], weights: { id: 1, blank: 5 } });
      vi.doMock("../../src/ui/on-demand.ts", () => {
        throw new Error("offline");
      });
      await expect(viewer.show(scene)).rejects.toThrow("could not be loaded");
      vi.doUnmock("../../src/ui/on-demand.ts");
      expect(await viewer.show(scene)).toMatchObject({ needsRun: true, isBlank: true, areWeightsRefused: false, problem: undefined });
      expect(await viewer.show(scene)).toMatchObject({ needsRun: false });
    },
  ));

test("of a view that a frame has not drawn no range is told, though its buffer holds zeros", () => {
  let tell = (_: Results): void => {};
  return withViewer(
    {},
    async (viewer) => {
      const { views, ...look } = sceneOf(["x", "relu"]);
      await viewer.show({ ...look, views: views.map((view) => ({ ...view, canvas: hiddenCanvas() })) });
      const ranges = async (visible: readonly string[]) => {
        const told = new Promise<Results>((resolve) => {
          tell = resolve;
        });
        await viewer.frame({ visible });
        return (await told).ranges.map(({ id }) => id);
      };
      expect(await ranges([])).toEqual([]);
      expect(await ranges(["relu"])).toEqual(["relu"]);
      expect(await ranges(["x", "relu"])).toEqual(["x", "relu"]);
    },
    (results) => tell(results),
  );
});
