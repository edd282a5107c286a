// What the page of learning can be asked to learn: the networks that are made for it, and what is said about it. Pure.
import type { Choices } from "./train-choices.ts";

interface Lesson {
  /** The network that is made for it, by its name in the manifest. */
  readonly network: string;
  /** The same after it has learned, where it is stored. */
  readonly learned?: string;
  readonly about: string;
}

const ownPictures: Lesson = {
  network: "mnist-blank",
  about:
    "Your pictures: a folder for each class, or a .csv among them that names each with its class. One of five of each is held back. They stay on this machine.",
};

const lessons: Readonly<Record<string, Lesson>> = {
  fashion: {
    network: "mnist-blank",
    about:
      "3,000 pictures of ten kinds of clothing to learn from, and 500 to try it on: a part of Fashion-MNIST by Zalando SE, under the MIT licence.",
  },
  shapes: {
    network: "shapes",
    about: "Discs, squares and more, in three colours, drawn without end from the seed. 300 others are held back.",
  },
  road: {
    network: "driver",
    learned: "driver-trained",
    about: "A network with two halves, one that steers and one for the speed. In the same tiles steering is magenta, the speed green.",
  },
  teach: {
    network: "mnist-trained",
    about: "You show it what the classes are. The network keeps what it knows of pictures, and gets a new last layer that learns them.",
  },
  folder: ownPictures,
  zip: ownPictures,
};
/** What is told of what is shown to the network where all its layers learn that. */
const allLearn =
  "You show it what the classes are. The network begins with what it knows of pictures, and gets a new last layer: all its layers learn them.";
/** What is chosen from this machine, each from its list, and not by an address. */
export const isOwn = (data: string) => lessons[data] === ownPictures;
export const lessonOf = (data: string) => lessons[data] as Lesson;

/** What is told of what is learned. */
export const aboutOf = ({ data, all }: Choices) => (data === "teach" && all === "yes" ? allLearn : lessonOf(data).about);
