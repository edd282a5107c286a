// The explanation of an element, frame by frame, while what is asked for changes.
import { expect, test } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import { loadModel } from "../../src/engine/model.ts";
import { Explainer } from "../../src/ui/explain/explainer.ts";
import type { ExplainedNumbers, ExplainRequest } from "../../src/ui/explain/request.ts";
import { MosaicRenderer } from "../../src/ui/mosaic/renderer.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { hiddenCanvas } from "../support/hidden-canvas.ts";
import { withDevice } from "../support/with-device.ts";

const x = noise([1, 1, 8, 8], 3);

const classifier = graphOf({
  inputs: { x: x.shape },
  constants: { w: noise([4, 1, 3, 3], 5), m: noise([4, 3], 9) },
  nodes: [
    op("Conv", "x w", "a"),
    op("Relu", "a", "b"),
    op("GlobalAveragePool", "b", "pooled"),
    op("Flatten", "pooled", "flat"),
    op("MatMul", "flat m", "y"),
  ],
});

/** A renderer whose pipelines come when the test lets them. */
class SlowRenderer extends MosaicRenderer {
  ready = Promise.resolve();

  override async pixelPipeline(...given: Parameters<MosaicRenderer["pixelPipeline"]>): ReturnType<MosaicRenderer["pixelPipeline"]> {
    await this.ready;
    return super.pixelPipeline(...given);
  }
}

/** An explainer of the classifier, and its numbers of one frame of a picture that moves. */
async function explain(device: Device) {
  const model = await loadModel(device, classifier);
  const { y } = await model.predict({ x });
  const renderer = new SlowRenderer(device, "rgba8unorm");
  const told: ((numbers: ExplainedNumbers) => void)[] = [];
  const explainer = new Explainer({
    viewer: { device, model, imageInputName: "x" },
    renderer,
    axes: new Map(),
    classScores: "y",
    preparation: () => ({}),
    onTargets: () => undefined,
    onNumbers: (numbers) => told.shift()?.(numbers),
  });
  const frame = () => {
    explainer.frame({ runs: true, elapsedMs: 16, pictureId: 1 }, true);
    explainer.collect(Promise.resolve());
    return new Promise<ExplainedNumbers>((resolve) => told.push(resolve));
  };
  return { explainer, renderer, frame, scores: y?.toNumbers() ?? [] };
}

const asked: Omit<ExplainRequest, "id"> = {
  ...{ method: "integrated-gradients", class: 0, colorMap: "auto", opacity: 1, isAlone: false },
  ...{ width: 32, height: 32, pixelRatio: 1, canvas: hiddenCanvas() },
};

test("frames that are drawn while another class to compare with is prepared are of the request before, and none of its runs", () =>
  withDevice(async (device) => {
    const { explainer, renderer, frame, scores } = await explain(device);
    await explainer.change({ ...asked, id: 1 });
    expect(await frame()).toMatchObject({ id: 1, class: 0, againstScore: undefined, done: 1 });

    let release = () => {};
    renderer.ready = new Promise((resolve) => {
      release = resolve;
    });
    const changed = explainer.change({ ...asked, id: 2, against: 2 });
    expect(await frame()).toMatchObject({ id: 1, class: 0, againstScore: undefined });
    release();
    await changed;
    const { againstScore, ...others } = await frame();
    expect(others).toMatchObject({ id: 2, class: 0, done: 1 });
    expect(againstScore).toBeCloseTo(scores[2] as number, 4);
    explainer.dispose();
    renderer.dispose();
  }));
