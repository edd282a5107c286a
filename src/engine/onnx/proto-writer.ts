// Writes protobuf messages by the table in proto-schema.ts. https://protobuf.dev/programming-guides/encoding/
import { UnsupportedError } from "../errors.ts";
import { delimited, type Field, fieldsOf, type Int64, type Message, type MessageName, type ScalarType, wireTypes } from "./proto-schema.ts";

/** Bytes fields from this size on are copied only once, into the finished file: weights may be most of a gigabyte. */
const largeBytes = 1024;

/** Writes fields one after another; {@link finish} gives the bytes. Numbers of a repeated field are packed. */
export class ProtoWriter {
  readonly #chunks: Uint8Array[] = [];
  #pending: number[] = [];
  readonly #scratch = new DataView(new ArrayBuffer(8));

  message<M extends MessageName>(name: M, message: Message<M>): this {
    for (const field of fieldsOf(name)) {
      const value = (message as Readonly<Record<string, unknown>>)[field.name];
      if (value === undefined) continue;
      if (!field.isRepeated) this.#field(field, value);
      else if (field.scalar && wireTypes[field.scalar] !== delimited) this.#packed(field.number, field.scalar, value as readonly unknown[]);
      else for (const element of value as readonly unknown[]) this.#field(field, element);
    }
    return this;
  }

  int32(value: number): void {
    this.int64(value);
  }

  int64(value: Int64): void {
    if (typeof value === "number" && value >= 0 && Number.isSafeInteger(value)) {
      let rest = value;
      for (; rest >= 128; rest = Math.floor(rest / 128)) this.#pending.push((rest % 128) | 128);
      this.#pending.push(rest);
    } else {
      // Negative numbers are written as 64 bits.
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest >= 128n; rest >>= 7n) this.#pending.push(Number(rest & 127n) | 128);
      this.#pending.push(Number(rest));
    }
  }

  uint64(value: Int64): void {
    this.int64(value);
  }

  float(value: number): void {
    this.#scratch.setFloat32(0, value, true);
    this.#append(new Uint8Array(this.#scratch.buffer, 0, 4));
  }

  double(value: number): void {
    this.#scratch.setFloat64(0, value, true);
    this.#append(new Uint8Array(this.#scratch.buffer, 0, 8));
  }

  string(value: string): void {
    this.bytes(new TextEncoder().encode(value));
  }

  bytes(value: Uint8Array): void {
    this.int64(value.byteLength);
    this.#append(value);
  }

  /** @throws UnsupportedError beyond 2 GiB */
  finish(): Uint8Array {
    const total = this.#byteCount();
    if (total >= 2 ** 31) throw new UnsupportedError(`The model takes ${total} bytes; one protobuf file holds less than 2 GiB.`);
    const result = new Uint8Array(total);
    let offset = 0;
    for (const chunk of this.#allChunks()) {
      result.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return result;
  }

  #field({ number, scalar, message }: Field, value: unknown): void {
    if (message) this.#nested(number, new ProtoWriter().message(message, value as Message<MessageName>));
    else if (scalar) {
      this.#tag(number, wireTypes[scalar]);
      this[scalar](value as never);
    }
  }

  #packed(number: number, type: ScalarType, values: readonly unknown[]): void {
    if (values.length === 0) return;
    const packed = new ProtoWriter();
    for (const value of values) packed[type](value as never);
    this.#nested(number, packed);
  }

  #nested(number: number, content: ProtoWriter): void {
    this.#tag(number, delimited);
    this.int64(content.#byteCount());
    for (const chunk of content.#allChunks()) this.#append(chunk);
  }

  #tag(number: number, wireType: number): void {
    this.int64((number << 3) | wireType);
  }

  #append(bytes: Uint8Array): void {
    if (bytes.byteLength < largeBytes) for (const byte of bytes) this.#pending.push(byte);
    else this.#allChunks().push(bytes);
  }

  #allChunks(): Uint8Array[] {
    if (this.#pending.length > 0) this.#chunks.push(Uint8Array.from(this.#pending));
    this.#pending = [];
    return this.#chunks;
  }

  #byteCount(): number {
    return this.#allChunks().reduce((total, chunk) => total + chunk.byteLength, 0);
  }
}
