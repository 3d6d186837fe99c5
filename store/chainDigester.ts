import type { Digest } from "../src/core/digest.ts";
import { chainDigestOf, type ChainLink } from "./chainDigest.ts";
import { isPlainLink, LinkText } from "./linkText.ts";

/** Sources that are written to at the same time; a live cell has about twenty. */
const maxTexts = 32;

/** The digests of `chainDigestOf`, in half the time for sources of many plain facts. */
export class ChainDigester {
  /** The newest first: a source takes another once its numbers have a digit more. */
  readonly #texts: LinkText[] = [];

  digestOf(link: ChainLink): Digest {
    if (!isPlainLink(link)) return chainDigestOf(link);
    for (const text of this.#texts) {
      if (text.fits(link)) return text.digestOf(link) ?? chainDigestOf(link);
    }
    this.#texts.unshift(new LinkText(link));
    if (this.#texts.length > maxTexts) this.#texts.pop();
    return chainDigestOf(link);
  }
}
