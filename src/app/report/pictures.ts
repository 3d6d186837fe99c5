import sharp from "sharp";
import { createRgbImage, type RgbImage } from "../../core/image.ts";
import { encodePng } from "../../media/imageFormat.ts";
import { html, type Markup } from "./markup.ts";

/** Pictures up to this width keep every pixel; wider ones become photographs. */
const pixelArtWidthPx = 96;
const jpegQuality = 80;
/** Between the frames of a filmstrip. */
const gapPx = 2;
const gapGrey = 150;

/** A picture inside the page. */
export interface Picture {
  /** Data URI. */
  readonly source: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Shown enlarged with hard pixel edges. */
  readonly isPixelArt: boolean;
}

/** @returns a lossless PNG of a small crop, or a JPEG at most `widthPxMax` wide. */
export async function embedPicture(image: RgbImage, widthPxMax: number): Promise<Picture> {
  return image.widthPx <= pixelArtWidthPx ? pixelArt(image) : photograph(image, widthPxMax);
}

/**
 * Lays frames of one size side by side: one picture a row is smaller and prints better than many.
 *
 * @param frames - at least one, all of one size.
 */
export async function embedFilmstrip(frames: readonly RgbImage[]): Promise<Picture> {
  const strip = filmstrip(frames);
  const isSmall = frames[0]!.widthPx <= pixelArtWidthPx;
  return isSmall ? pixelArt(strip) : photograph(strip, frames.length * pixelArtWidthPx);
}

function filmstrip(frames: readonly RgbImage[]): RgbImage {
  const { widthPx: frameWidthPx, heightPx } = frames[0]!;
  const pitchPx = frameWidthPx + gapPx;
  const widthPx = frames.length * pitchPx - gapPx;
  const strip = createRgbImage(
    widthPx,
    heightPx,
    new Uint8Array(widthPx * heightPx * 3).fill(gapGrey),
  );
  frames.forEach((frame, at) => {
    for (let y = 0; y < heightPx; y++) {
      const row = frame.pixels.subarray(y * frameWidthPx * 3, (y + 1) * frameWidthPx * 3);
      strip.pixels.set(row, (y * widthPx + at * pitchPx) * 3);
    }
  });
  return strip;
}

async function pixelArt(image: RgbImage): Promise<Picture> {
  return {
    source: dataUri("image/png", await encodePng(image)),
    widthPx: image.widthPx,
    heightPx: image.heightPx,
    isPixelArt: true,
  };
}

async function photograph(image: RgbImage, widthPxMax: number): Promise<Picture> {
  const { data, info } = await sharp(image.pixels, {
    raw: { width: image.widthPx, height: image.heightPx, channels: 3 },
  })
    .resize({ width: widthPxMax, withoutEnlargement: true })
    .jpeg({ quality: jpegQuality, mozjpeg: true })
    .toBuffer({ resolveWithObject: true });
  return {
    source: dataUri("image/jpeg", data),
    widthPx: info.width,
    heightPx: info.height,
    isPixelArt: false,
  };
}

function dataUri(mediaType: string, bytes: Uint8Array): string {
  return `data:${mediaType};base64,${Buffer.from(bytes).toString("base64")}`;
}

/** @param alt - what the picture shows, for those who do not see it. */
export function pictureTag(picture: Picture, alt: string): Markup {
  return html`<img
    class="${picture.isPixelArt ? "pixel-art" : ""}"
    width="${picture.widthPx}"
    height="${picture.heightPx}"
    alt="${alt}"
    src="${picture.source}"
  />`;
}
