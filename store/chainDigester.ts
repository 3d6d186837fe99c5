import type { Digest } from "../src/core/digest.ts";
import { chainDigestOf, type ChainLink } from "./chainDigest.ts";
import { isPlainLink, LinkText } from "./linkText.ts";

/** Sources that are written to at the same time; a live cell has about twenty. */
const maxTexts = 32;

/** The digests of `chainDigestOf`, in half the time for sources of many plain facts. */
export class ChainDigester {
  /** Of the sources that wrote last. */
  readonly #texts: LinkText[] = [];
  #oldest = 0;

  digestOf(link: ChainLink): Digest {
    if (!isPlainLink(link)) return chainDigestOf(link);
    for (const text of this.#texts) {
      if (text.fits(link)) return text.digestOf(link) ?? chainDigestOf(link);
    }
    this.#texts[this.#oldest] = new LinkText(link);
    this.#oldest = (this.#oldest + 1) % maxTexts;
    return chainDigestOf(link);
  }
}
