// What the element under the pointer depends on: asked for while the pointer moves, one answer at a time, and the latest place counts.
import type { MapPoint } from "../mosaic/maps.ts";
import type { Session } from "../session/session.ts";
import { type Highlights, marksOf } from "./highlights.ts";

interface Hovered {
  readonly value: string;
  readonly point: MapPoint;
}

export class FieldHover {
  readonly #host: { readonly session: Session | undefined };
  readonly #highlights: Highlights;
  #wanted: Hovered | undefined;
  #isAsking = false;

  constructor(host: { readonly session: Session | undefined }, highlights: Highlights) {
    this.#host = host;
    this.#highlights = highlights;
  }

  over(value: string, point: MapPoint): void {
    if (JSON.stringify({ value, point }) === JSON.stringify(this.#wanted)) return;
    this.#wanted = { value, point };
    if (!this.#isAsking) void this.#ask();
  }

  leave(): void {
    if (!this.#wanted) return;
    this.#wanted = undefined;
    this.#highlights.pass([]);
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    for (let asked: Hovered | undefined; this.#wanted && asked !== this.#wanted; ) {
      asked = this.#wanted;
      // Whatever is in the way is said where the element itself is looked at.
      const fields = await this.#host.session?.ask({ kind: "field", ...asked }).catch(() => undefined);
      if (asked === this.#wanted && fields) this.#highlights.pass(marksOf(asked.value, asked.point, fields));
    }
    this.#isAsking = false;
  }
}
