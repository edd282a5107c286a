// A canvas for Node, which has none.
import type { ViewCanvas } from "../../src/ui/views/view.ts";

/** Its frames are drawn into textures that nobody shows. */
export function hiddenCanvas(): ViewCanvas {
  const canvas = { width: 1, height: 1 };
  let configuration: GPUCanvasConfiguration | undefined;
  const context = {
    unconfigure: () => undefined,
    configure: (given: GPUCanvasConfiguration) => {
      configuration = given;
    },
    getCurrentTexture() {
      const { device, format, usage = 0 } = configuration as GPUCanvasConfiguration;
      return device.createTexture({ size: [canvas.width, canvas.height], format, usage });
    },
  };
  return Object.assign(canvas, { getContext: () => context }) as unknown as ViewCanvas;
}
