// The engine off the main thread: runs MNIST on a vertical stroke and answers with its probabilities.
import { loadModel, requestDevice } from "/dist/convcam.js";

const device = await requestDevice();
const model = await loadModel(device, "/models/mnist-trained.onnx");
const stroke = new Float32Array(28 * 28);
for (let y = 4; y < 24; y++) stroke.fill(1, y * 28 + 13, y * 28 + 16);
model.run({ input_layer: stroke });
const [output] = model.outputs;
const probabilities = (await model.read(output?.name ?? "")).toNumbers();
model.dispose();
postMessage({ probabilities, allocatedBytes: device.allocatedBytes });
