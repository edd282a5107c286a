// The picture with heat over it, to keep; of several layers with their names.
import { ModelError } from "../../engine/errors.ts";
import type { Explainer } from "../explain/explainer.ts";
import { captionHeight } from "../explain/tiles.ts";
import { contextOf, type Painter, paint } from "./paint.ts";

/** A PNG. @throws ModelError where nothing is explained */
export async function takeExplanation(viewer: Painter & { readonly explainer: Explainer | undefined }): Promise<Blob> {
  const taken = await paintExplanation(viewer);
  if (!taken) throw new ModelError("kind 'explanation': nothing is explained. Set the attribute `explain` and wait for the event.");
  return taken.picture.convertToBlob({ type: "image/png" });
}

/** @returns undefined where nothing is explained */
export async function paintExplanation({ device, renderer, explainer }: Painter & { readonly explainer: Explainer | undefined }) {
  const taken = explainer?.take();
  if (!taken) return undefined;
  const { drawn, request, layers, of } = taken;
  const { place } = drawn;
  const { tiles } = place;
  const picture = await paint({ device, renderer }, place, (encoder, texture) => drawn.draw(encoder, texture));
  const caption = `${request.method} of ${of}${layers.length > 1 ? "" : ` · ${layers[0]}`}`;
  if (layers.length === 1) return { picture, caption };
  const named = new OffscreenCanvas(place.width, place.height);
  const context = contextOf(named);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, named.width, named.height);
  context.drawImage(picture, 0, 0);
  context.fillStyle = "#1b1f27";
  context.font = `${12 * request.pixelRatio}px system-ui, sans-serif`;
  tiles.forEach(({ x, y, width, height }, i) => {
    context.fillText(layers[i] as string, x, y + height + (captionHeight - 7) * request.pixelRatio, width);
  });
  return { picture: named, caption };
}
