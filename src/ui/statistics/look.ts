// What a channel answers to pictures that are not shown: they run beside the network, which goes on with its own. Loaded when someone asks.
import type { Branch } from "../../engine/branch.ts";
import type { Model } from "../../engine/model.ts";
import { ImageInput } from "../image-input.ts";
import { imageView } from "../image-view.ts";
import { viewAsMaps } from "../mosaic/maps.ts";
import type { Preparation } from "../preparation.ts";
import { aborted } from "../session/session.ts";
import type { Viewer } from "../viewer.ts";
import { fieldOf, peaksOf, readMap, type StrongPlace } from "./strongest.ts";

export interface LookQuery {
  readonly kind: "look";
  readonly value: string;
  readonly channel: number;
  /** The next picture; absent when there is none any more. */
  readonly picture?: ImageBitmap | undefined;
  /** How it becomes the network's input. */
  readonly preparation: Preparation;
}

/** Under which a viewer keeps it, from picture to picture. */
const name = "look";

class Look {
  readonly value: string;
  readonly making: Promise<{ readonly branch: Branch; readonly image: ImageInput }>;

  #isDisposed = false;

  constructor(viewer: Viewer, value: string) {
    this.value = value;
    this.making = make(viewer.device, viewer.model, value);
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    void this.making.then(
      ({ branch, image }) => {
        branch.dispose();
        image.dispose();
      },
      () => undefined,
    );
  }
}

async function make(device: Viewer["device"], model: Model, value: string) {
  const branch = await model.branch([value]);
  try {
    return { branch, image: await ImageInput.create(device, []) };
  } catch (error) {
    branch.dispose();
    throw error;
  }
}

/** @returns where the channel answers a picture most, and how strongly; undefined where it is the same everywhere, or there is no picture */
export async function look(viewer: Viewer, { value, channel, picture, preparation }: LookQuery): Promise<StrongPlace | undefined> {
  const { device, model, kept, imageInputName, axes } = viewer;
  const before = kept.get(name);
  const isSame = before instanceof Look && before.value === value && picture !== undefined;
  if (!isSame) before?.dispose();
  kept.delete(name);
  if (!picture) return undefined;
  if (imageInputName === undefined) throw new Error("No input of this network takes a picture.");
  const own = isSame ? before : new Look(viewer, value);
  kept.set(name, own);
  try {
    const { branch, image } = await own.making;
    if (kept.get(name) !== own) throw aborted();
    const input = branch.input(imageInputName);
    const view = imageView(input.shape, input.strides, axes.get(imageInputName));
    if (!view) throw new Error(`'${imageInputName}' does not have the shape of a picture.`);
    image.aim([{ ...input, view, preparation }]);
    image.upload(picture);
    const encoder = device.gpu.createCommandEncoder({ label: "look" });
    const pass = encoder.beginComputePass({ label: "look" });
    image.encode(pass);
    pass.end();
    device.gpu.queue.submit([encoder.finish()]);
    branch.run();
    const result = branch.value(value);
    const maps = viewAsMaps(result.shape, result.strides, result.offset, 0, axes.get(value));
    if (!maps) throw new Error(`'${value}' cannot be drawn as maps.`);
    const [peak] = peaksOf(await readMap(device, { ...result, view: maps }, channel), maps, 1);
    return peak && { ...peak, field: fieldOf(viewer, model.graph, value, { channel, ...peak }) };
  } catch (error) {
    if (kept.get(name) === own) kept.delete(name);
    own.dispose();
    throw error;
  } finally {
    picture.close();
  }
}
