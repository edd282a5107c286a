// The pictures of clothing that the pages learn from: where they lie, and behind # the name that files of what was learned have.
import url from "../../../models/data/fashion-mnist.bin?url&no-inline";

export const fashionUrl = `${url}#fashion-mnist`;
