// What is seen of the pictures in a part of the page, as one small picture: each where it stands, without what is
// scrolled out of sight. Knows no widget. Boxes are [left, top, right, bottom].

const SHEET_PX = 384;
const SHEET_QUALITY = 0.8;

const boxOf = (node) => {
  const { left, top, right, bottom } = node.getBoundingClientRect();
  return [left, top, right, bottom];
};

/** What two boxes have in common. */
export const shared = (one, other) => one.map((edge, at) => Math[at < 2 ? "max" : "min"](edge, other[at]));

const isEmpty = ([left, top, right, bottom]) => right - left < 1 || bottom - top < 1;

/** The part of a box that a picture of this size fills under `object-fit: contain`. */
export function contained([left, top, right, bottom], width, height) {
  const scale = Math.min((right - left) / width, (bottom - top) / height);
  const [x, y] = [(left + right - width * scale) / 2, (top + bottom - height * scale) / 2];
  return [x, y, x + width * scale, y + height * scale];
}

/** A box without what `clip-path: inset(...)` cuts off, in parts of the box. */
export function clipped(box, clipPath) {
  const insets = clipPath.match(/^inset\(([^()]*)\)/)?.[1].split(" ").map((one) => Number.parseFloat(one) / 100);
  if (!insets) return box;
  const [top, right = top, bottom = top, left = right] = insets;
  const [width, height] = [box[2] - box[0], box[3] - box[1]];
  return [box[0] + left * width, box[1] + top * height, box[2] - right * width, box[3] - bottom * height];
}

/** How large the sheet is that holds these boxes, and where its corner and how large a pixel is on the page. */
export function sheetOf(boxes) {
  const [left, top] = [0, 1].map((at) => Math.min(...boxes.map((box) => box[at])));
  const [right, bottom] = [2, 3].map((at) => Math.max(...boxes.map((box) => box[at])));
  const scale = Math.min(1, SHEET_PX / Math.max(right - left, bottom - top));
  const [width, height] = [right - left, bottom - top].map((side) => Math.max(1, Math.round(side * scale)));
  return { left, top, scale, width, height };
}

/** One picture: its box, what is seen of it, and how opaque it is; null for what is not seen. */
function pieceOf(node, root) {
  const [width, height] = [node.naturalWidth ?? node.width, node.naturalHeight ?? node.height];
  if (!width || !height || node.complete === false || node.closest("dialog")) return null;
  if (!node.checkVisibility({ visibilityProperty: true })) return null;
  const style = getComputedStyle(node);
  const whole = boxOf(node);
  const box = style.objectFit === "contain" ? contained(whole, width, height) : whole;
  let seen = shared(box, clipped(whole, style.clipPath));
  for (let up = node.parentElement; up && root.contains(up); up = up.parentElement) {
    if (getComputedStyle(up).overflow !== "visible") seen = shared(seen, boxOf(up));
  }
  return isEmpty(seen) ? null : { node, box, seen, opacity: Number(style.opacity) };
}

/** The pictures that a selector finds, as a JPEG on white in a URL of its own; empty where none is seen. */
export function seenPictures(root, selector) {
  const pieces = [...root.querySelectorAll(selector)].map((node) => pieceOf(node, root)).filter(Boolean);
  if (!pieces.length) return "";
  const { left, top, scale, width, height } = sheetOf(pieces.map(({ seen }) => seen));
  const sheet = Object.assign(document.createElement("canvas"), { width, height });
  const pen = sheet.getContext("2d");
  pen.fillStyle = "white";
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = "high";
  for (const { node, box, seen, opacity } of pieces) {
    const place = ([x, y, right, bottom]) => [(x - left) * scale, (y - top) * scale, (right - x) * scale, (bottom - y) * scale];
    pen.save();
    pen.globalAlpha = opacity;
    pen.beginPath();
    pen.rect(...place(seen));
    pen.clip();
    pen.drawImage(node, ...place(box));
    pen.restore();
  }
  return sheet.toDataURL("image/jpeg", SHEET_QUALITY);
}
