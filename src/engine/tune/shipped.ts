// Kernels that were measured to be faster than what the cost model prefers, by adapter. `convcam tune` prints an adapter's entry.
import type { Choices } from "./memory.ts";

/** By {@link adapterFamily}: what two runs on an otherwise idle machine agreed on, see docs/benchmarks.md. */
export const shipped: Readonly<Record<string, Choices>> = {
  // Mesa 25.0's llvmpipe on two cores of an EPYC: SqueezeNet 1.1, MobileNetV2, ResNet-18 and -50.
  "mesa software": {
    "Conv{group=1;kernel_shape=1,1;pads=0,0,0,0;strides=1,1} 1x64x56x56 256x64x1x1! 256! -> 1x256x56x56": "tap by tap",
    "Conv{group=1;kernel_shape=1,1;strides=1,1} 1x384x14x14 96x384x1x1! 96! -> 1x96x14x14": "tap by tap",
    "Conv{group=1;kernel_shape=1,1;strides=1,1} 1x576x7x7 160x576x1x1! 160! -> 1x160x7x7": "tap by tap",
    "Conv{group=1;kernel_shape=1,1;strides=1,1} 1x96x56x56 24x96x1x1! 24! -> 1x24x56x56": "pointwise 32",
    "Conv{group=1;kernel_shape=3,3;pads=1,1,1,1;strides=1,1} 1x512x7x7 512x512x3x3! 512! -> 1x512x7x7": "direct 16",
    "convcam.Conv{activation=clip;activation_alpha=0;activation_beta=6;group=1;kernel_shape=1,1;strides=1,1} 1x32x28x28 192x32x1x1! 192! -> 1x192x28x28":
      "tap by tap",
    "convcam.Conv{activation=clip;activation_alpha=0;activation_beta=6;group=1;kernel_shape=1,1;strides=1,1} 1x96x14x14 576x96x1x1! 576! -> 1x576x14x14":
      "tap by tap",
    "convcam.Conv{activation=none;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=1,1} 1x144x56x56 24x144x1x1! 24! 1x24x56x56 -> 1x24x56x56":
      "pointwise 32",
    "convcam.Conv{activation=none;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=1,1} 1x960x7x7 160x960x1x1! 160! 1x160x7x7 -> 1x160x7x7":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;pads=0,0,0,0;strides=1,1} 1x512x28x28 128x512x1x1! 128! -> 1x128x28x28":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=1,1} 1x128x27x27 32x128x1x1! 32! -> 1x32x27x27":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=1,1} 1x128x55x55 16x128x1x1! 16! -> 1x16x55x55":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=1,1} 1x256x13x13 48x256x1x1! 48! -> 1x48x13x13":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=1,1} 1x384x13x13 48x384x1x1! 48! -> 1x48x13x13":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=1,1} 1x512x13x13 64x512x1x1! 64! -> 1x64x13x13":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=1,1} 1x64x55x55 16x64x1x1! 16! -> 1x16x55x55":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=1,1} 1x64x56x56 256x64x1x1! 256! 1x256x56x56 -> 1x256x56x56":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=2,2} 1x1024x14x14 2048x1024x1x1! 2048! 1x2048x7x7 -> 1x2048x7x7":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=2,2} 1x256x56x56 512x256x1x1! 512! 1x512x28x28 -> 1x512x28x28":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=1,1;strides=2,2} 1x64x56x56 128x64x1x1! 128! 1x128x28x28 -> 1x128x28x28":
      "tap by tap",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=3,3;pads=1,1,1,1;strides=1,1} 1x16x55x55 64x16x3x3! 64! -> 1x64x55x55":
      "direct 16",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=3,3;pads=1,1,1,1;strides=1,1} 1x256x14x14 256x256x3x3! 256! -> 1x256x14x14":
      "winograd 2×2",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=3,3;pads=1,1,1,1;strides=1,1} 1x256x14x14 256x256x3x3! 256! 1x256x14x14 -> 1x256x14x14":
      "winograd 2×2",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=3,3;pads=1,1,1,1;strides=1,1} 1x48x13x13 192x48x3x3! 192! -> 1x192x13x13":
      "direct 16",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=3,3;pads=1,1,1,1;strides=1,1} 1x512x7x7 512x512x3x3! 512! -> 1x512x7x7":
      "direct 16",
    "convcam.Conv{activation=relu;activation_alpha=0;activation_beta=0;group=1;kernel_shape=3,3;pads=1,1,1,1;strides=1,1} 1x64x13x13 256x64x3x3! 256! -> 1x256x13x13":
      "direct 16",
  },
};
