// A canvas for Node, which has none.
import type { ViewCanvas } from "../../src/ui/views/view.ts";

/**
 * Its frames are drawn into textures that nobody shows.
 *
 * @param onConfigure told whether it holds textures
 */
export function hiddenCanvas(onConfigure: (isConfigured: boolean) => void = () => {}): ViewCanvas {
  const canvas = { width: 1, height: 1 };
  let configuration: GPUCanvasConfiguration | undefined;
  const context = {
    unconfigure: () => onConfigure(false),
    configure: (given: GPUCanvasConfiguration) => {
      configuration = given;
      onConfigure(true);
    },
    getCurrentTexture() {
      const { device, format, usage = 0 } = configuration as GPUCanvasConfiguration;
      return device.createTexture({ size: [canvas.width, canvas.height], format, usage });
    },
  };
  return Object.assign(canvas, { getContext: () => context }) as unknown as ViewCanvas;
}
