// Checks files, or the GPU, away from the page's thread and on a device of its own: what takes seconds on the CPU holds up nothing, and to end it is to
// end the worker.
import { checkFiles, checkGpu } from "../../checks/run.ts";
import type { CheckEvent, CheckRequest } from "./check-messages.ts";

const tell = (event: CheckEvent) => postMessage(event);

addEventListener("message", async ({ data }: MessageEvent<CheckRequest>) => {
  try {
    const adapter =
      data.kind === "files"
        ? await checkFiles(data.networks, (index, check) => tell({ event: "file", index, check }))
        : await checkGpu(data, (layer, done, total) => tell({ event: "layer", layer, done, total }));
    tell({ event: "end", adapter });
  } catch (error) {
    tell({ event: "failed", message: error instanceof Error ? error.message : String(error) });
  }
});
