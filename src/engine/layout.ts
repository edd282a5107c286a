// How the elements of a value lie in a buffer.

/** Offset and strides, in elements (32-bit words). */
export interface Layout {
  readonly offset: number;
  /** One per axis; equal to the dense strides unless the value has a border or is a slice. */
  readonly strides: readonly number[];
}
