// What is thrown where a buffer cannot be mapped: browsers tell it in words of their own, often before the loss of the GPU.
import { DeviceError } from "../engine/errors.ts";

/** @throws DeviceError with the browser's error as its cause: a session waits for the loss then */
export function unread(cause: unknown): never {
  throw new DeviceError("What was computed could not be read: the GPU was lost.", { cause });
}
