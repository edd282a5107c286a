// The network's image input as a picture: as the network gets it, with the arithmetic on its colours undone.
import { gpuTypeOf } from "../../engine/tensor.ts";
import shader from "../../shaders/picture.wgsl";
import { encodeParams } from "../../shaders/shader.ts";
import { bind } from "../bind.ts";
import { layoutMosaic } from "../mosaic/layout.ts";
import { colorsOfInput, preparationFor } from "../preparation.ts";
import { valueTypes } from "../statistics/channel-statistics.ts";
import type { Drawn, View, ViewContext } from "./view.ts";

type PictureContext = Pick<ViewContext, "renderer" | "preparation" | "imageView" | "source">;

/** @param place where in the target the room for it begins that `view` says */
export async function preparePicture(context: PictureContext, view: View, place?: readonly [number, number]): Promise<Drawn> {
  const { renderer, preparation, imageView: image } = context;
  const { device } = renderer;
  const { value, width, height } = view;
  const source = await context.source(view);
  if (!image) throw new Error(`'${value}' does not have the shape of a picture.`);
  const layout = layoutMosaic({
    channels: 1,
    mapHeight: image.height,
    mapWidth: image.width,
    width,
    height,
    largest: device.gpu.limits.maxTextureDimension2D,
  });
  const pipeline = await renderer.pixelPipeline(shader, { VALUE_TYPE: valueTypes[gpuTypeOf(source.dtype)] });
  // On a sheet it stands in the middle of its room.
  const middle = (room: number, taken: number) => Math.floor((room - taken) / 2);
  const origin = place ? [place[0] + middle(width, layout.width), place[1] + middle(height ?? 0, layout.height)] : [0, 0];
  const content = encodeParams(shader, {
    origin,
    size: [layout.width, layout.height],
    map: [image.width, image.height],
    offset: source.view.offset,
    rowStride: image.rowStride,
    columnStride: image.columnStride,
    ...colorsOfInput(preparationFor(preparation, source.dtype), image),
  });
  const params = device.createBuffer(`${value} picture params`, content.byteLength, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
  device.gpu.queue.writeBuffer(params, 0, content);
  const entries = bind(shader, { params, values: source.buffer });
  const group = (more: GPUBindGroupEntry[] = []) =>
    device.gpu.createBindGroup({ label: value, layout: pipeline.getBindGroupLayout(0), entries: [...entries, ...more] });
  const drawGroup = renderer.usesCompute ? undefined : group();
  return {
    layout,
    statistics: [],
    finishRanges: () => undefined,
    encodePixels(pass, output) {
      pass.setPipeline(pipeline as GPUComputePipeline);
      pass.setBindGroup(0, group(bind(shader, { output })));
      pass.dispatchWorkgroups(Math.ceil(layout.width / 8), Math.ceil(layout.height / 8));
    },
    draw(encoder, target) {
      const pass = encoder.beginRenderPass({ label: value, colorAttachments: [{ view: target, loadOp: "load", storeOp: "store" }] });
      pass.setPipeline(pipeline as GPURenderPipeline);
      pass.setBindGroup(0, drawGroup ?? null);
      pass.setViewport(origin[0] ?? 0, origin[1] ?? 0, layout.width, layout.height, 0, 1);
      pass.draw(3);
      pass.end();
    },
    dispose: () => device.destroyBuffer(params),
  };
}
