// Pictures that a person brings: dropped, pasted or chosen; made small enough for one message.

const MESSAGE_BYTES = 7_000_000;
const LARGEST_PX = 2048;
const DRAGGED = "application/x-sketchlab-picture"; // a picture of this page, which lies on the window meanwhile

/** The first picture among what was dropped or pasted; null when there is none. */
export function pictureIn(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? null;
}

/** What a change says of a picture file: its `name` and its bytes in `buffer`, as they are if they fit into a message.
 *  Else those of a smaller picture, and `full`, the width and height that it had. */
export async function picturePayload(file) {
  const { name } = file;
  if (file.size <= MESSAGE_BYTES) return { name, buffer: await file.arrayBuffer() };
  const image = await createImageBitmap(file); // turned as its EXIF says
  const share = Math.min(1, LARGEST_PX / Math.max(image.width, image.height));
  const canvas = new OffscreenCanvas(Math.round(image.width * share), Math.round(image.height * share));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const full = [image.width, image.height];
  const written = await canvas.convertToBlob({ type: "image/webp", quality: 0.92 }); // with what is transparent
  if (written.size <= MESSAGE_BYTES) return { name, full, buffer: await written.arrayBuffer() };
  const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 }); // no WebP in this browser
  return { name, full, buffer: await jpeg.arrayBuffer() };
}

/** Listens for pictures that are dropped or pasted on an element. */
export function listenForPictures(node, take, signal) {
  const on = (name, handler) => node.addEventListener(name, handler, { signal });
  const drop = (event) => {
    const types = [...(event.dataTransfer?.types ?? [])];
    const isOurs = types.includes(DRAGGED);
    if (!isOurs && !types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    const given = () => (isOurs ? window[DRAGGED] : pictureIn(event.dataTransfer) ?? event.dataTransfer.files[0]);
    const file = event.type === "drop" && given();
    if (file) Promise.resolve(file).then(take); // a picture of this page may still be on its way
  };
  on("dragover", drop);
  on("drop", drop);
  on("paste", (event) => {
    const file = pictureIn(event.clipboardData);
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    take(file);
  });
}
