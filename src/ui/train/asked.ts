// What an element asks to be learned, and by which network. Pure, but for reading the element's attributes and the page's address.
import { readAttribute, readPreparation } from "../attributes.ts";
import type { ConvCam } from "../element.ts";
import type { Session } from "../session/session.ts";
import { identityOf } from "./own-pictures.ts";
import { isAddress, type Kept } from "./request.ts";
import type { ElementWish } from "./wish.ts";

/** What is asked for, of which network. */
export interface Asked {
  readonly session: Session;
  readonly source: unknown;
  /** The second network, where that learns, too. */
  readonly compare: unknown;
  /** Number of the weights that the element wants. */
  readonly weights: number;
  /** All that it depends on, but for the weights, and how the rate goes on. */
  readonly key: string;
  /** Which pictures it learns from. */
  readonly pictures: string;
  readonly wish: ElementWish;
  readonly preparation: object;
  /** With another one the network is loaded anew: the same goes on to be learned, by that one. */
  readonly precision: string;
}

/** How a run begins. */
export interface Beginning {
  /** The weights; those that the network has where absent. */
  readonly from?: Kept | undefined;
  readonly rate?: number | undefined;
  /** Whether it goes on with the run before. */
  readonly isOngoing?: boolean;
}

/** @param weights number of the weights that the element wants */
export function askedOf(element: ConvCam, session: Session, weights: number, wish: ElementWish): Asked {
  const { files, schedule: _, ...all } = wish;
  // What the pictures are called, behind #, is no part of what is learned: a run is kept under the address alone.
  const told = { ...all, data: all.data.replace(/#.*$/s, "") };
  const preparation = { ...element.preparation, ...readPreparation(element) };
  const pictures = JSON.stringify([told.data, identityOf(files)]);
  const key = JSON.stringify([told, pictures, preparation]);
  const compare = wish.rival && element.compare;
  return {
    session,
    source: element.src,
    compare,
    weights,
    key,
    pictures,
    wish,
    preparation,
    precision: readAttribute(element, "precision"),
  };
}

/** Where the pictures lie, for a worker, which does not know the page's base address. */
export function dataAddress(data: string): string {
  return isAddress(data) && URL.canParse(data, document.baseURI) ? new URL(data, document.baseURI).href : data;
}

export function isOfSameWeights(one: Asked, other: Asked | undefined): boolean {
  return other?.source === one.source && other?.weights === one.weights;
}

export function isSame(one: Asked, other: Asked | undefined): boolean {
  return isOfSameWeights(one, other) && other?.key === one.key && other.compare === one.compare;
}
