// Builds a network with random weights away from the page's thread and hands its bytes over without copying them.
import { buildModel } from "../../../models/index.ts";

const seed = 1;

addEventListener("message", ({ data }: MessageEvent<string>) => {
  try {
    const bytes = buildModel(data, { seed });
    postMessage(bytes, { transfer: [bytes.buffer] });
  } catch (error) {
    postMessage(`The network could not be built: ${(error as Error).message}`);
  }
});
