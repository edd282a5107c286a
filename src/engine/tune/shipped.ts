// Kernels that were measured to be faster than what the cost model prefers, by adapter. `convcam tune` prints an adapter's entry.
import type { Choices } from "./memory.ts";

/** By {@link adapterName}. */
export const shipped: Readonly<Record<string, Choices>> = {};
