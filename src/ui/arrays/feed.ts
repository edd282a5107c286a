// Writes an array into the inputs of a viewer's networks, and into the copy that an explanation has of them.
import { copyWords, spanOf } from "../../engine/gather.ts";
import type { Model } from "../../engine/model.ts";
import { denseStrides } from "../../engine/shapes.ts";
import { Tensor, toGpuWords } from "../../engine/tensor.ts";
import type { Explainer } from "../explain/explainer.ts";
import type { ArrayImage } from "../picture-size.ts";
import type { FedArray, Viewer } from "../viewer.ts";
import { fitArray } from "./fit.ts";

type Place = NonNullable<ReturnType<Explainer["input"]>>;

/** @throws ModelError that says which shapes the first network takes; a second one is given the array only if it takes it */
export function prepareArray({ device, model, compared }: Pick<Viewer, "device" | "model" | "compared">, image: ArrayImage): FedArray {
  const array = new Tensor(image.dtype, image.shape, image.data as Uint8Array);
  const fitted = (one: Model) => fitArray(array, inputsOf(one), image.name);
  const { input, tensor } = fitted(model);
  let other: ReturnType<typeof fitted> | undefined;
  try {
    other = compared && fitted(compared);
  } catch {
    // What is said of two networks that differ says this, too.
  }
  return {
    feed(explainer) {
      model.write({ [input.name]: tensor });
      if (other) compared?.write({ [other.input.name]: other.tensor });
      const place = explainer?.input(input.name);
      if (place) write(device.gpu.queue, place, tensor);
    },
  };
}

function inputsOf({ inputs }: Model) {
  return inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
}

function write(queue: GPUQueue, { buffer, offset, shape, strides }: Place, tensor: Tensor): void {
  const words = toGpuWords(tensor);
  const spread = new Uint32Array(spanOf(shape, strides));
  copyWords(new Uint32Array(words.buffer, words.byteOffset, words.length), denseStrides(shape), spread, strides, shape);
  queue.writeBuffer(buffer, offset * 4, spread);
}
