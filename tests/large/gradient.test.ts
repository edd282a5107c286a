// Gradients of whole networks against PyTorch's autograd in float64: seventeen architectures at small sizes.
import { expect, test } from "vitest";
import { problemsOf } from "../gradient/check.ts";
import { withDevice } from "../support/with-device.ts";

test("the gradient of every architecture is PyTorch's", () =>
  withDevice(async (device) => {
    expect(await problemsOf(device, (name) => name.startsWith("net-"))).toEqual([]);
  }));
