// Reads protobuf messages by the table in proto-schema.ts. https://protobuf.dev/programming-guides/encoding/
import { delimited, type Field, fieldsOf, type Int64, type Message, type MessageName, wireTypes } from "./proto-schema.ts";

/** Levels of messages in messages; a subgraph in a subgraph takes three. Other readers stop at 100 as well. */
const mostNested = 100;

type Fields = ReadonlyMap<number, Field>;

/**
 * Reads one message. Unknown fields, and fields of another wire type than the table's, are skipped; of a field given twice the
 * last counts, messages are merged.
 */
export class ProtoReader {
  /** Index of the next byte; after an error, about where it is. */
  position = 0;

  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #fields = new Map<MessageName, Fields>();
  /** Where the innermost message, or list of numbers, ends. */
  #end: number;
  #depth = 0;
  /** Halves of the varint read last. */
  #low = 0;
  #high = 0;

  /** @param bytes bytes fields of the message will be views of it */
  constructor(bytes: Uint8Array) {
    // A Node Buffer's views are Buffers; a plain view of it behaves the same everywhere.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  /** @throws RangeError when the bytes are not a whole message */
  message<M extends MessageName>(name: M): Message<M> {
    const message: Record<string, unknown> = {};
    this.#read(name, message);
    return message as Message<M>;
  }

  #read(name: MessageName, message: Record<string, unknown>): void {
    if (++this.#depth > mostNested) throw new RangeError(`messages nested more than ${mostNested} deep`);
    const fields = this.#fieldsOf(name);
    while (this.position < this.#end) {
      const [number, wireType] = this.#tag();
      const field = fields.get(number);
      if (!field || !this.#readField(field, wireType, message)) this.#skip(number, wireType);
    }
    this.#depth--;
  }

  /** @returns false where the wire type is not one of this field's */
  #readField({ name, scalar, message: type, isRepeated }: Field, wireType: number, message: Record<string, unknown>): boolean {
    if (scalar && isRepeated && wireType === delimited && wireTypes[scalar] !== delimited) {
      const values = listIn(message, name);
      this.#within(() => {
        while (this.position < this.#end) values.push(this[scalar]());
      });
      return true;
    }
    if (wireType !== (scalar ? wireTypes[scalar] : delimited)) return false;
    const known = isRepeated ? undefined : message[name];
    const value = scalar ? this[scalar]() : this.#nested(type as MessageName, known);
    if (isRepeated) listIn(message, name).push(value);
    else message[name] = value;
    return true;
  }

  #nested(name: MessageName, known: unknown): object {
    const message = (known ?? {}) as Record<string, unknown>;
    this.#within(() => this.#read(name, message));
    return message;
  }

  int32(): number {
    this.#varint();
    return this.#low;
  }

  int64(): Int64 {
    this.#varint();
    return joinHalves(this.#high, this.#low);
  }

  uint64(): Int64 {
    this.#varint();
    return joinHalves(this.#high >>> 0, this.#low);
  }

  float(): number {
    return this.#view.getFloat32(this.#advance(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  string(): string {
    return this.#text.decode(this.bytes());
  }

  bytes(): Uint8Array {
    const start = this.#advance(this.#uint32());
    return this.#bytes.subarray(start, this.position);
  }

  #fieldsOf(name: MessageName): Fields {
    const known = this.#fields.get(name) ?? new Map(fieldsOf(name).map((field) => [field.number, field]));
    this.#fields.set(name, known);
    return known;
  }

  /** Reads a length, then lets `read` see as many bytes. */
  #within(read: () => void): void {
    const start = this.#advance(this.#uint32());
    const [last, outerEnd] = [this.position, this.#end];
    this.position = start;
    this.#end = last;
    read();
    this.#end = outerEnd;
  }

  #tag(): readonly [number: number, wireType: number] {
    const tag = this.#uint32();
    if (tag < 8) throw new RangeError("field number 0");
    return [tag >>> 3, tag & 7];
  }

  #skip(number: number, wireType: number): void {
    if (wireType === 0) this.#varint();
    else if (wireType === 1) this.#advance(8);
    else if (wireType === 2) this.bytes();
    else if (wireType === 3) this.#skipGroup(number);
    else if (wireType === 5) this.#advance(4);
    else throw new RangeError(`wire type ${wireType}`);
  }

  /** Groups, which ONNX has none of, last until an end tag of the same number. */
  #skipGroup(number: number): void {
    if (++this.#depth > mostNested) throw new RangeError(`groups nested more than ${mostNested} deep`);
    for (let [inner, wireType] = this.#tag(); wireType !== 4 || inner !== number; [inner, wireType] = this.#tag())
      this.#skip(inner, wireType);
    this.#depth--;
  }

  /** The index of the next `count` bytes, which are then behind. */
  #advance(count: number): number {
    const start = this.position;
    if (count > this.#end - start) throw new RangeError(`${count} bytes wanted, ${this.#end - start} left`);
    this.position += count;
    return start;
  }

  #uint32(): number {
    this.#varint();
    if (this.#high !== 0) throw new RangeError("a tag or length beyond 32 bits");
    return this.#low >>> 0;
  }

  /** Seven bits a byte, the lowest first; the top bit says that more follow. */
  #varint(): void {
    this.#low = 0;
    this.#high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#advance(1)] as number;
      const bits = byte & 127;
      if (shift < 32) this.#low |= bits << shift;
      if (shift >= 32) this.#high |= bits << (shift - 32);
      else if (shift === 28) this.#high |= bits >> 4;
      if (byte < 128) return;
    }
    throw new RangeError("a varint of more than 10 bytes");
  }
}

/** The list in a field, made where there is none. */
function listIn(message: Record<string, unknown>, name: string): unknown[] {
  const list = (message[name] ?? []) as unknown[];
  message[name] = list;
  return list;
}

function joinHalves(high: number, low: number): Int64 {
  const value = high * 2 ** 32 + (low >>> 0);
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low >>> 0);
}
