// What a channel answers to pictures that are not shown: they run beside the network, which goes on with its own. Loaded when someone asks.
import type { Model } from "../../engine/model.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { ImageInput } from "../image-input.ts";
import { imageView } from "../image-view.ts";
import { viewAsMaps } from "../mosaic/maps.ts";
import type { Preparation } from "../preparation.ts";
import { aborted } from "../session/session.ts";
import { letGo, standbyFor } from "../standby.ts";
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
const purpose = "look";

async function make(device: Viewer["device"], model: Model, value: string) {
  const branch = await model.branch([value]);
  try {
    const image = await ImageInput.create(device, []);
    const dispose = () => {
      branch.dispose();
      image.dispose();
    };
    return { branch, image, dispose };
  } catch (error) {
    branch.dispose();
    throw error;
  }
}

/** @returns where the channel answers a picture most, and how strongly; undefined where it is the same everywhere, or there is no picture */
export async function look(viewer: Viewer, { value, channel, picture, preparation }: LookQuery): Promise<StrongPlace | undefined> {
  const { device, model, kept, imageInputName, axes } = viewer;
  if (!picture) {
    letGo(kept, purpose);
    return undefined;
  }
  const own = standbyFor(kept, purpose, value, () => make(device, model, value));
  try {
    if (imageInputName === undefined) throw new Error("No input of this network takes a picture.");
    const [{ branch, image }, others] = await Promise.all([own.made, readOthers(model, imageInputName)]);
    if (kept.get(purpose) !== own) throw aborted();
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
    branch.run(others);
    const result = branch.value(value);
    const maps = viewAsMaps(result.shape, result.strides, result.offset, 0, axes.get(value));
    if (!maps) throw new Error(`'${value}' cannot be drawn as maps.`);
    const [peak] = peaksOf(await readMap(device, { ...result, view: maps }, channel), maps, 1);
    return peak && { ...peak, field: fieldOf(viewer, model.graph, value, { channel, ...peak }) };
  } catch (error) {
    letGo(kept, purpose, own);
    throw error;
  } finally {
    picture.close();
  }
}

/** What the network's other inputs hold: a picture is looked at beside what is shown of them. */
async function readOthers(model: Model, picture: string): Promise<Readonly<Record<string, Tensor>>> {
  const others = model.inputs.filter(({ name }) => name !== picture);
  return Object.fromEntries(await Promise.all(others.map(async ({ name }) => [name, await model.read(name)] as const)));
}
