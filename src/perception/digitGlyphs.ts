export const glyphWidthPx = 5;
export const glyphHeightPx = 7;

/** Digits 0 to 9 as 5 × 7 bitmaps, seven rows each, a `#` for ink. */
const drawings = `
.###.  ..#..  .###.  .###.  ...#.  #####  ..##.  #####  .###.  .###.
#...#  .##..  #...#  #...#  ..##.  #....  .#...  ....#  #...#  #...#
#..##  ..#..  ....#  ....#  .#.#.  ####.  #....  ...#.  #...#  #...#
#.#.#  ..#..  ..##.  ..##.  #..#.  ....#  ####.  ..#..  .###.  .####
##..#  ..#..  .#...  ....#  #####  ....#  #...#  ..#..  #...#  ....#
#...#  ..#..  #....  #...#  ...#.  #...#  #...#  ..#..  #...#  ...#.
.###.  .###.  #####  .###.  ...#.  .###.  .###.  ..#..  .###.  .##..
`
  .trim()
  .split("\n")
  .map((row) => row.split("  "));

/** @returns whether a digit's bitmap has ink at column x, row y. */
export function hasInk(digit: number, x: number, y: number): boolean {
  return drawings[y]?.[digit]?.[x] === "#";
}
