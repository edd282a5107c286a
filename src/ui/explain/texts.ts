// What each method of explanation shows and what it does not prove, a sentence each. docs/explanations.md has the same, and a test compares.
import type { ExplanationMethod } from "../../engine/explanation.ts";

interface Sentences {
  /** What is seen. */
  readonly seen: string;
  /** What it does not prove. */
  readonly limit: string;
}

export interface MethodText extends Sentences {
  readonly title: string;
  /** Of a layer's values in place of the picture, where that is another thing. */
  readonly ofLayer?: Sentences;
}

/** Methods whose results have places in the picture. The others tell one number for each channel. */
export type PictureMethod = Exclude<ExplanationMethod, "importance" | "ablation">;

export const methodTexts: Readonly<Record<PictureMethod, MethodText>> = {
  "grad-cam": {
    title: "Grad-CAM",
    seen: "Bright where the layer's maps speak for the class, each map weighed by its mean effect on the score.",
    limit: "It says where, as coarsely as the layer's maps are; not what was seen there, nor that it is a good reason.",
  },
  "grad-cam++": {
    title: "Grad-CAM++",
    seen: "As Grad-CAM, but only effects that raise the score count, so that several things of the class light up.",
    limit: "Its weights hold for the exponential of the score, so heat may lie where the score itself hardly depends on it.",
  },
  "hires-cam": {
    title: "HiResCAM",
    seen: "Bright where the maps' values times their effects on the score add up to most, place by place.",
    limit: "It adds up to the score only for a layer that a single dense layer follows; behind others places are still mixed.",
  },
  "layer-cam": {
    title: "LayerCAM",
    seen: "Bright where maps are active and more of it would raise the score, place by place; fine in early layers, too.",
    limit: "What speaks against the class is left out, so bright does not mean that this place decides.",
  },
  "ablation-cam": {
    title: "Ablation-CAM",
    seen: "Bright where the maps lie without which the score falls most, each taken away in turn.",
    limit: "Maps that stand in for each other look unimportant, and the network has never learned with one of them at 0.",
  },
  "xgrad-cam": {
    title: "XGrad-CAM",
    seen: "As Grad-CAM, with each map's effects weighed by where it is active.",
    limit: "It adds up to the score only where the layers after it have no biases; it is as coarse as the layer's maps.",
  },
  cam: {
    title: "CAM",
    seen: "Bright where the last maps add most to the score.",
    limit: "It says where, as coarsely as the last maps are, and only of networks that end in a mean and one dense layer.",
  },
  gradient: {
    title: "Gradient",
    seen: "Bright where a small change would change the score most, up or down.",
    limit: "It says how the score would change, not what made it as high as it is; much of the grain is noise.",
  },
  "gradient-x-input": {
    title: "Gradient × input",
    seen: "Bright where an element adds most to the score, or takes most from it, to first order.",
    limit: "What is 0 after preparation, such as black or the mean colour, stays dark even where the score depends on it.",
    ofLayer: {
      seen: "Bright where an element adds most to the score, or takes most from it, to first order.",
      limit: "What is 0 in the layer stays dark even where the score depends on it.",
    },
  },
  smoothgrad: {
    title: "SmoothGrad",
    seen: "As the gradient, averaged over copies of the picture with noise added: what they share stays.",
    limit: "Smoother is not truer: it tells of noisy pictures, and still not what made the score as high as it is.",
    ofLayer: {
      seen: "As the gradient, averaged over copies of the layer's maps with noise added: what they share stays.",
      limit: "Smoother is not truer: it tells of noisy maps, and still not what made the score as high as it is.",
    },
  },
  "integrated-gradients": {
    title: "Integrated Gradients",
    seen: "Bright where elements add most to the score, or take most from it, on the way from a picture of zeros to this one.",
    limit: "It depends on where the way begins: what is as in the picture of zeros stays dark.",
    ofLayer: {
      seen: "Bright where elements add most to the score, or take most from it, on the way from maps of zeros to these.",
      limit: "It depends on where the way begins: what is as in the maps of zeros stays dark.",
    },
  },
  "guided-backpropagation": {
    title: "Guided backpropagation",
    seen: "Bright where the first layers pass on what raises the score: edges and textures.",
    limit: "It hardly depends on the class or on the weights of later layers: it looks alike where these are random, so it proves little.",
  },
  occlusion: {
    title: "Occlusion",
    seen: "Bright where covering a patch of the picture lowers the score most.",
    limit: "Covered pictures are like none that the network has learned from, and what only two patches together show is missed.",
    ofLayer: {
      seen: "Bright where covering a patch of the layer's maps lowers the score most.",
      limit: "Covered maps are like none that the network has learned from, and what only two patches together show is missed.",
    },
  },
};
