/** Keys in rows, where there is no room for them beside the lines. */
import { drawKey, type Key, keyWidth } from './keys.js';
import type { Svg } from './svg.js';

const rowPx = 20;
const gapPx = 18;

export interface Legend {
  readonly height: number;
  /** Drawn with its upper left corner there. */
  readonly draw: (x: number, y: number) => readonly Svg[];
}

export function legend(keys: readonly Key[], widthMax: number): Legend {
  let x = 0;
  let row = 0;
  const places = keys.map((key) => {
    const width = keyWidth(key);
    if (x > 0 && x + width > widthMax) {
      x = 0;
      row++;
    }
    const place = { key, x, y: row * rowPx + rowPx / 2 };
    x += width + gapPx;
    return place;
  });
  return {
    height: keys.length === 0 ? 0 : (row + 1) * rowPx,
    draw: (left, top) => places.map((place) => drawKey(place.key, left + place.x, top + place.y)),
  };
}
