import { createRgbImage, type RgbImage } from "../../core/image.ts";
import { createMediaShelf } from "../../media/mediaShelf.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import { loadDream } from "../derivations/judgeDreams.ts";
import { embedFilmstrip, embedPicture, type Picture } from "../report/pictures.ts";
import type { DreamGroup } from "./dreamGroup.ts";

/** What a rater sees of one dream. */
export interface DreamPictures {
  readonly last: Picture;
  /** All frames, the last included. */
  readonly strip: Picture;
}

/** What a rater sees of a group: nothing of candidates, probabilities or verdicts. */
export interface GroupPictures {
  readonly start: Picture;
  readonly goal: Picture;
  /** By letter. */
  readonly dreams: readonly DreamPictures[];
}

/** Photographs, where crops are that large, are at most so wide. */
const photographWidthPx = 480;

/** @param shown - by letter, the index of the dream. */
export async function groupPictures(
  blobs: BlobStore,
  group: DreamGroup,
  shown: readonly number[],
): Promise<GroupPictures> {
  const media = createMediaShelf(blobs);
  const picture = async (image: RgbImage) => embedPicture(image, photographWidthPx);
  return {
    start: await picture(await media.loadImage(group.start.payload.image)),
    goal: await picture(await media.loadImage(group.goal.payload.image)),
    dreams: await Promise.all(
      shown.map(async (index) => {
        const video = await loadDream(media, group.dreams[index]!.payload);
        const frames = video.frames.map((pixels) =>
          createRgbImage(video.widthPx, video.heightPx, pixels),
        );
        return { last: await picture(frames.at(-1)!), strip: await embedFilmstrip(frames) };
      }),
    ),
  };
}
